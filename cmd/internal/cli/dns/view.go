package dns

import (
	"fmt"
	"io"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// planView shows what would be changed, and what not and why.
func planView(p dns.Plan) kit.Result {
	batches := p.Batches(dns.DefaultLimits())
	value := struct {
		dns.Plan
		Batches int `json:"batches"`
	}{p, batches}
	return kit.Result{Value: value, Draw: func(w io.Writer) {
		for _, c := range p.Changes {
			fmt.Fprintln(w, changeLine(c))
		}
		drawRefused(w, p)
		fmt.Fprintf(w, "%s in %s, %d refused, %d as wanted\n", html.Plural(len(p.Changes), "change"), html.Plural(batches, "request"), len(p.Refused), p.Unchanged)
	}}
}

func drawRefused(w io.Writer, p dns.Plan) {
	for _, r := range p.Refused {
		fmt.Fprintf(w, "refused %s: %s\n", r.Record, r.Reason)
		if r.Hint != "" {
			fmt.Fprintf(w, "  hint: %s\n", r.Hint)
		}
	}
	for _, k := range p.Kept {
		fmt.Fprintf(w, "nothing of %s is deleted (%s): %s\n", k.Owner, html.Plural(k.Records, "record"), k.Reason)
	}
}

// changeLine is "update www.shop.example A: 192.0.2.1 ttl 60 -> 192.0.2.2 ttl 60".
func changeLine(c dns.Change) string {
	switch {
	case c.Old == nil:
		return fmt.Sprintf("%s: %s", c, c.New.Answer())
	case c.New == nil:
		return fmt.Sprintf("%s: %s", c, c.Old.Answer())
	}
	return fmt.Sprintf("%s: %s -> %s", c, c.Old.Answer(), c.New.Answer())
}

// resultView shows what became of each change.
func resultView(r dns.Result, p dns.Plan) kit.Result {
	value := struct {
		dns.Result
		Refused   []dns.Refusal `json:"refused"`
		Kept      []dns.Kept    `json:"kept"`
		Unchanged int           `json:"unchanged"`
	}{r, p.Refused, p.Kept, p.Unchanged}
	return kit.Result{Value: value, Draw: func(w io.Writer) {
		for _, c := range r.Done {
			fmt.Fprintf(w, "done: %s\n", c)
		}
		for _, f := range r.Failed {
			fmt.Fprintf(w, "failed: %s: %s\n", f.Change, f.Reason)
		}
		for _, c := range r.NotTried {
			fmt.Fprintf(w, "not tried: %s\n", c)
		}
		drawRefused(w, p)
		fmt.Fprintf(w, "%d done, %d failed, %d not tried, %d refused, %d were as wanted\n", len(r.Done), len(r.Failed), len(r.NotTried), len(p.Refused), p.Unchanged)
	}}
}

// listView shows records with their owners.
func listView(all []dns.Listed) kit.Result {
	return kit.Result{Value: all, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(all))
		for _, l := range all {
			owner := "-"
			if l.Owner != nil {
				owner = kit.OrDash(l.Owner.String())
			}
			if l.Orphan {
				owner += ", whose record is gone"
			}
			rows = append(rows, []string{string(l.Record.Name), string(l.Record.Type), kit.OrDash(l.Record.Routing.Set), l.Record.Answer(), owner})
		}
		kit.Table(w, "no records", "NAME TYPE SET ANSWER OWNER", rows)
	}}
}
