package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// asked is what the experiment wanted to know.
func asked(r record.Record) (facts []fact) {
	s := r.Experiment.Spec
	for i, p := range r.Probes {
		facts = append(facts, fact{fmt.Sprintf("Hypothesis %d", i+1), statement(p) + ", " + duty(p.Must)})
	}
	for i, f := range s.Method {
		text := f.Fault + ": " + target(events.FaultTarget{
			Labels: f.Target.Selector(), Count: value(f.Target.Count), Percent: value(f.Target.Percent), PerOwner: value(f.Target.PerOwner),
		})
		if len(f.Params) > 0 {
			text += ", " + string(f.Params)
		}
		if f.Duration > 0 {
			text += ", for " + html.Span(f.Duration.Std())
		}
		if f.GracePeriod != nil {
			text += ", grace period " + html.Span(f.GracePeriod.Std())
		}
		if f.AllowOutage {
			text += ", may take the last ready replica (allowOutage)"
		}
		facts = append(facts, fact{fmt.Sprintf("Fault %d", i+1), text})
	}
	return append(facts,
		fact{"Before", fmt.Sprintf("every probe holds for %s and %s", html.Span(s.Baseline.Duration.Std()), html.Plural(s.Baseline.Samples, "sample"))},
		fact{"After", fmt.Sprintf("all back within %s for %s in a row", html.Span(s.Recovery.Budget.Std()), html.Plural(s.Recovery.Samples, "sample"))},
		fact{"Sampling", fmt.Sprintf("every %s, for at least %s after the last fault", html.Span(s.Interval.Std()), html.Span(s.Observe.Std()))},
	)
}

// statement is a probe as a sentence of the hypothesis. In a record without statements
// the query of a probe that measures when it is asked is one.
func statement(p record.ProbeSeries) string {
	switch {
	case p.Statement != "":
		return p.Name + ": " + p.Statement
	case p.MaxAge == 0:
		return p.Name + ": " + p.Query
	}
	return p.Name + " " + condition(p)
}

func value(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// about is where the run took place and who asked for it.
func about(r record.Record) (facts []fact) {
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, fact{name, value})
		}
	}
	e := r.Environment
	add("Environment", e.Name)
	add("Namespace", e.Namespace)
	add("Template", e.Template)
	add("Project", e.Project)
	add("Revision", e.Revision)
	add("Labels", labels(e.Labels))
	add("Triggered by", strings.Join(nonEmpty(r.Trigger.Kind, r.Trigger.By), ", "))
	add("Event", r.Trigger.Event)
	if !r.Queued.IsZero() {
		add("Queued", html.Date(r.Queued))
	}
	add("Started", html.Date(r.Started))
	add("Ended", html.Date(r.Ended))
	add("Shakedown", r.Tool)
	return facts
}

func labels(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+m[k])
	}
	return strings.Join(parts, ", ")
}

func nonEmpty(values ...string) []string {
	return slices.DeleteFunc(values, func(s string) bool { return s == "" })
}

// components are the versions that ran.
func components(r record.Record) (facts []fact) {
	for _, c := range r.Environment.Components {
		facts = append(facts, fact{c.Name, fmt.Sprintf("%s (%d of %d ready)", c.Image, c.Ready, c.Replicas)})
	}
	return facts
}

// repeat tells how the same victims are drawn again.
func repeat(r record.Record) (lines []string) {
	for _, s := range byStep(r.Steps) {
		if s.Seed != 0 {
			lines = append(lines, fmt.Sprintf("spec.method[%d].seed: %s", s.Index, strconv.FormatUint(s.Seed, 10)))
		}
	}
	return lines
}
