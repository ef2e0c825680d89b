package verdict

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// Adviser says what to do about a problem of a probe, "" when it has nothing to say. The
// kinds of probes know.
type Adviser func(p record.ProbeSeries, problem record.ProblemKind) string

// advise names the next best thing to mend, from what the record shows; "" when there
// is nothing to say. Advice of a refusal or a failure comes first: it knows most.
func advise(r record.Record, end Ending, kinds Adviser) string {
	if r.Verdict.Word == record.Passed {
		return ""
	}
	for _, s := range r.Steps {
		if end.Advice == "" && s.Outcome != record.OutcomeInjected {
			end.Advice = s.Advice
		}
	}
	switch {
	case end.Advice != "":
		return end.Advice
	case r.Verdict.Word == record.Failed:
		return adviseFailed(r)
	case r.Verdict.Word == record.Inconclusive:
		return adviseProblem(r, kinds)
	}
	return ""
}

func adviseFailed(r record.Record) string {
	for _, s := range r.Steps {
		name := r.Target(s)
		switch {
		case replicas(r, s) == 1:
			return fmt.Sprintf("run more than one replica of %s", name)
		case !s.Recovered:
			return fmt.Sprintf("find out why %s did not heal within %s, or raise spec.recovery.budget", name, r.Experiment.Spec.Recovery.Budget)
		case lacks(s, "poddisruptionbudget"):
			return fmt.Sprintf("give %s a PodDisruptionBudget", name)
		case backLong(r, s):
			return fmt.Sprintf("give %s a readiness probe that turns Ready only when it can serve: the service was out long after the target had healed", name)
		}
	}
	if len(r.Steps) > 0 {
		return fmt.Sprintf("let %s drain before it stops (preStop hook, graceful shutdown) and let its callers retry", r.Target(r.Steps[0]))
	}
	return ""
}

// replicas is how many the target ran, 0 if that is not known.
func replicas(r record.Record, s record.Step) int {
	for _, c := range r.Environment.Components {
		if c.Name == r.Target(s) {
			return c.Replicas
		}
	}
	return 0
}

// lacks says whether a guard saw that there is none of the thing.
func lacks(s record.Step, thing string) bool {
	for _, d := range s.Decisions {
		if strings.Contains(strings.ToLower(d.Seen), "no "+thing) {
			return true
		}
	}
	return false
}

// backLong says whether a probe came back long after the last victim had healed:
// longer than rates and scrapes explain.
func backLong(r record.Record, s record.Step) bool {
	const slack = 10 * time.Second
	var ready, back time.Time
	for _, m := range r.Recovery {
		switch {
		case m.Step != s.Index:
		case m.Proves(events.RoleHealed) && m.At.After(ready):
			ready = m.At
		case m.Mark == record.MarkSLIBack && m.At.After(back):
			back = m.At
		}
	}
	return !ready.IsZero() && back.Sub(ready) > slack
}

func adviseProblem(r record.Record, kinds Adviser) string {
	for _, p := range r.Probes {
		for _, s := range slices.Backward(p.Samples) {
			if s.Problem != nil {
				return kinds(p, s.Problem.Kind)
			}
		}
	}
	for _, p := range r.Probes {
		if n := len(p.Samples); n > 0 && !p.Samples[n-1].Good() {
			return fmt.Sprintf("the steady state did not hold before anything was broken: mend the environment or the condition of %q", p.Name)
		}
	}
	return ""
}
