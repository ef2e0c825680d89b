package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/experiments/audit"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// auditView shows what of a record holds. tool is the version that judged it again.
func auditView(a audit.Audit, tool string) kit.Result {
	return kit.Result{Value: a, Draw: func(w io.Writer) { drawAudit(w, a, tool) }}
}

func drawAudit(w io.Writer, a audit.Audit, tool string) {
	word := "holds"
	if !a.Holds {
		word = "does not hold"
	}
	fmt.Fprintf(w, "%s: the record of run %s (%s), %s\n\n", word, html.Line(a.Run), html.Line(a.Experiment), html.Line(string(a.Verdict)))
	for _, of := range audit.Subjects() {
		checks := slices.DeleteFunc(slices.Clone(a.Checks), func(c audit.Check) bool { return c.Of != of })
		broken := slices.DeleteFunc(slices.Clone(checks), func(c audit.Check) bool { return c.Holds })
		fmt.Fprintf(w, "  %-9s %d of %d hold\n", of, len(checks)-len(broken), len(checks))
		for _, c := range broken {
			drawBroken(w, c)
		}
	}
	for _, p := range a.Data {
		drawData(w, p)
	}
	fmt.Fprintf(w, "\n  %s\n", kit.OrDash(html.Line(a.Hash)))
	fmt.Fprintln(w, "  A chain without a key shows a part that was changed, not a record that was written anew:")
	fmt.Fprintln(w, "  compare the hash with the one that was published when the run ended (--hash).")
	if !a.Holds && a.Tool != tool {
		fmt.Fprintf(w, "  The run was judged by shakedown %s, and again by %s: a rule may have changed in between.\n", kit.OrDash(html.Line(a.Tool)), tool)
	}
}

func drawBroken(w io.Writer, c audit.Check) {
	if c.Of == audit.Chain && c.Again == "" {
		fmt.Fprintf(w, "    %s: %s\n", html.Line(c.Name), short(c.Record))
		return
	}
	fmt.Fprintf(w, "    %s\n      record: %s\n      again:  %s\n", html.Line(c.Name), short(c.Record), short(c.Again))
}

// drawData says what became of the data of one probe.
func drawData(w io.Writer, p audit.Data) {
	var parts []string
	for _, count := range []struct {
		n    int
		what string
	}{
		{p.Same, "same"}, {p.Different, "differ"}, {p.Gone, "no longer kept"}, {p.Late, "with data that came in later"}, {p.Unread, "without an answer"},
	} {
		if count.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count.n, count.what))
		}
	}
	text := string(p.State)
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	if p.Why != "" {
		text += ": " + short(p.Why)
	}
	fmt.Fprintf(w, "  data of %s: %s\n", html.Line(p.Probe), text)
	for _, d := range p.Where {
		fmt.Fprintf(w, "    at %s\n      record: %s\n      again:  %s\n", html.Clock(d.At), short(d.Record), short(d.Again))
	}
}

// short is a text on one line that a person reads to its end.
func short(text string) string {
	const most = 240
	line := html.Line(text)
	if runes := []rune(line); len(runes) > most {
		line = string(runes[:most-1]) + "…"
	}
	return kit.OrDash(line)
}
