package experiments

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// advise names the next best thing to mend, from what the record shows; "" when there
// is nothing to say. Advice of a refusal or a failure comes first: it knows most.
func advise(r Record, end ending) string {
	if r.Verdict.Word == Passed {
		return ""
	}
	for _, s := range r.Steps {
		if end.Advice == "" && s.Outcome != OutcomeInjected {
			end.Advice = s.Advice
		}
	}
	switch {
	case end.Advice != "":
		return end.Advice
	case r.Verdict.Word == Failed:
		return adviseFailed(r)
	case r.Verdict.Word == Inconclusive:
		return adviseProblem(r)
	}
	return ""
}

func adviseFailed(r Record) string {
	for _, s := range r.Steps {
		name := target(r, s)
		switch {
		case replicas(r, s) == 1:
			return fmt.Sprintf("run more than one replica of %s", name)
		case !s.Recovered:
			return fmt.Sprintf("find out why the replacement of %s was not Ready within %s, or raise spec.recovery.budget", name, r.Experiment.Spec.Recovery.Budget)
		case lacks(s, "poddisruptionbudget") || lacks(s, "pdb"):
			return fmt.Sprintf("give %s a PodDisruptionBudget", name)
		case backLong(r, s):
			return fmt.Sprintf("give %s a readiness probe that turns Ready only when it can serve: the service was out long after the replacement was Ready", name)
		}
	}
	if len(r.Steps) > 0 {
		return fmt.Sprintf("let %s drain before it stops (preStop hook, graceful shutdown) and let its callers retry", target(r, r.Steps[0]))
	}
	return ""
}

// target is the component that the step hit, or its label selector.
func target(r Record, s Step) string {
	if s.Index < len(r.Experiment.Spec.Method) {
		if c := r.Experiment.Spec.Method[s.Index].Target.Component; c != "" {
			return c
		}
	}
	if name, ok := strings.CutPrefix(s.Target.Labels, componentLabel+"="); ok {
		return name
	}
	return "the pods with " + s.Target.Labels
}

// replicas is how many the target ran, 0 if that is not known.
func replicas(r Record, s Step) int {
	for _, c := range r.Environment.Components {
		if c.Name == target(r, s) {
			return c.Replicas
		}
	}
	return 0
}

// lacks says whether a guard saw that there is none of the thing.
func lacks(s Step, thing string) bool {
	for _, d := range s.Decisions {
		if strings.Contains(strings.ToLower(d.Seen), "no "+thing) {
			return true
		}
	}
	return false
}

// backLong says whether a probe came back long after the last replacement was Ready:
// longer than rates and scrapes explain.
func backLong(r Record, s Step) bool {
	const slack = 10 * time.Second
	var ready, back time.Time
	for _, m := range r.Recovery {
		switch {
		case m.Step != s.Index:
		case m.Mark == events.MarkReplacementReady && m.At.After(ready):
			ready = m.At
		case m.Mark == MarkSLIBack && m.At.After(back):
			back = m.At
		}
	}
	return !ready.IsZero() && back.Sub(ready) > slack
}

func adviseProblem(r Record) string {
	for _, p := range r.Probes {
		for _, sample := range slices.Backward(p.Samples) {
			if sample.Problem != nil {
				return adviseKind(p, sample.Problem.Kind)
			}
		}
	}
	for _, p := range r.Probes {
		if n := len(p.Samples); n > 0 && !p.Samples[n-1].good() {
			return fmt.Sprintf("the steady state did not hold before anything was broken: mend the environment or the condition of %q", p.Name)
		}
	}
	return ""
}

func adviseKind(p ProbeSeries, kind ProblemKind) string {
	switch kind {
	case ProblemNoData:
		return fmt.Sprintf("make the query of %q return a value in Prometheus first: does the metric exist, do the labels match?", p.Name)
	case ProblemStale:
		return fmt.Sprintf("see that the target of %q is being scraped (Prometheus, Status, Targets), or raise maxAge", p.Name)
	case ProblemSeveralSeries:
		return fmt.Sprintf("make one value of %q, with sum(), min() or more labels", p.Name)
	case ProblemNotANumber:
		return fmt.Sprintf("see that %q does not divide by zero: is there load?", p.Name)
	case ProblemUnreachable, ProblemHTTP, ProblemTimeout:
		return "see that Prometheus answers at the address given: shakedown doctor"
	case ProblemWarnings:
		return fmt.Sprintf("look at the warnings that Prometheus gives for %q", p.Name)
	case ProblemWrongType, ProblemQuery:
		return fmt.Sprintf("correct the query of %q: it must give one number", p.Name)
	case ProblemNoTarget:
		return fmt.Sprintf("correct the component or the labels of %q: nothing matches them", p.Name)
	case ProblemAPI:
		return "see that the Kubernetes API answers: shakedown doctor"
	}
	return ""
}
