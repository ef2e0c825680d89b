package prom

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Part is what stands under "prometheus" in a probe: it compares the value of a query.
type Part struct {
	Query   string   `json:"query" jsonschema:"description=PromQL with one value; ${namespace} ${environment} ${experiment} are replaced"`
	Compare string   `json:"compare" jsonschema:"enum=>=,enum=>,enum=<=,enum=<,enum===,enum=!="`
	Value   *float64 `json:"value"`
	// MaxAge bounds the age of the newest raw sample of every selector in the query.
	MaxAge events.Duration `json:"maxAge,omitempty" jsonschema:"description=how old the newest raw sample of every selector may be (default 15s)"`
	// Allow names what the query may have although it makes evidence worse.
	Allow []string `json:"allow,omitempty" jsonschema:"enum=offset,enum=at,enum=fallback,enum=window,description=what the query may have although it makes evidence worse; reports show it"`
}

const defaultMaxAge = events.Duration(15 * time.Second)

// kind is the kind of probes that ask a Prometheus.
type kind struct{ client *Client }

// Kind makes the kind of probes that ask the client; without one they can be checked
// only.
func Kind(c *Client) probe.Kind { return kind{c} }

// Kind implements probe.Kind.
func (k kind) Kind() probe.Info {
	info := probe.Info{Name: "prometheus", Part: &Part{}}
	if k.client == nil {
		info.Missing = events.Errorf(events.KindUnavailable, "start the server with --prometheus URL", "needs a Prometheus and the server has none")
	}
	return info
}

// Check implements probe.Kind.
func (k kind) Check(part json.RawMessage) (probe.Probe, events.Problems) {
	var p Part
	if problems := events.DecodeStrict(part, &p); len(problems) > 0 {
		return nil, problems
	}
	if p.MaxAge == 0 {
		p.MaxAge = defaultMaxAge
	}
	if problems := p.check(); len(problems) > 0 {
		return nil, problems
	}
	return query{part: p, client: k.client}, nil
}

func (p Part) check() (found events.Problems) {
	add := func(key, format string, args ...any) {
		found = append(found, events.Problem{Key: key, Message: fmt.Sprintf(format, args...)})
	}
	if err := checkQuery(p.Query, p.Allow); err != nil {
		add("query", "%v", err)
	}
	if !slices.Contains(spec.Comparisons(), p.Compare) {
		add("compare", "%q is not one of %s", p.Compare, strings.Join(spec.Comparisons(), " "))
	}
	switch {
	case p.Value == nil:
		add("value", "is missing")
	case math.IsNaN(*p.Value) || math.IsInf(*p.Value, 0):
		add("value", "is not a finite number")
	}
	for i, name := range p.Allow {
		if !slices.Contains(allowed(), name) {
			add(fmt.Sprintf("allow[%d]", i), "%q is not one of %s", name, strings.Join(allowed(), " "))
		}
	}
	if p.MaxAge <= 0 {
		add("maxAge", "is %s, want more than 0s", p.MaxAge)
	}
	return found
}

// Advise implements probe.Kind.
func (kind) Advise(problem record.ProblemKind, name string) string {
	switch problem { //nolint:exhaustive // the other problems are not of this kind
	case record.ProblemNoData:
		return fmt.Sprintf("make the query of %q return a value in Prometheus first: does the metric exist, do the labels match?", name)
	case record.ProblemGone:
		return fmt.Sprintf("find out why the series of %q ended: did all that exports them go, or is it no longer scraped? A query that counts what is there has no value when nothing is", name)
	case record.ProblemWindow:
		return fmt.Sprintf("make the window of %q at least four scrapes long, and observe for a few windows", name)
	case record.ProblemNothingLeft:
		return fmt.Sprintf("let %q have a value when nothing meets it, such as 0: ask for a sum or a share instead of a filter, or for the share of what is good", name)
	case record.ProblemStale:
		return fmt.Sprintf("see that the target of %q is being scraped (Prometheus, Status, Targets), or raise maxAge", name)
	case record.ProblemSeveralSeries:
		return fmt.Sprintf("make one value of %q, with sum(), min() or more labels", name)
	case record.ProblemNotANumber:
		return fmt.Sprintf("see that %q does not divide by zero: is there load?", name)
	case record.ProblemUnreachable, record.ProblemHTTP, record.ProblemTimeout:
		return "see that Prometheus answers at the address given: shakedown doctor"
	case record.ProblemWarnings:
		return fmt.Sprintf("read the warnings that Prometheus gives for %q", name)
	case record.ProblemWrongType, record.ProblemQuery:
		return fmt.Sprintf("correct the query of %q: it must give one number", name)
	}
	return ""
}

// query is one probe.
type query struct {
	part   Part
	client *Client
}

// Part implements probe.Probe.
func (q query) Part() any { return q.part }

// Resolve implements probe.Probe.
func (q query) Resolve(v spec.Variables) probe.Probe {
	q.part.Query = v.Fill(q.part.Query)
	return q
}

// Condition implements probe.Probe.
func (q query) Condition() probe.Condition {
	c := probe.Condition{
		Query: q.part.Query, Compare: q.part.Compare, Value: *q.part.Value, MaxAge: q.part.MaxAge, Limits: q.part.Allow,
	}
	if s, err := shapeOf(example(q.part.Query)); err == nil {
		c.Reach = events.Duration(s.reach)
	}
	return c
}

// Narrow is the query with no window longer than most.
func (q query) Narrow(most time.Duration) string { return narrow(q.part.Query, most) }

// Sample implements probe.Probe.
func (q query) Sample(ctx context.Context, at time.Time) probe.Reading {
	if q.client == nil {
		return probe.Problemf(record.ProblemUnreachable, "there is no Prometheus to ask")
	}
	return q.client.Query(ctx, q.part.Query, q.part.MaxAge.Std(), at)
}
