package verdict

import (
	"fmt"
	"strconv"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// gather counts what the record shows. The texts of the ending say what the samples cannot:
// they come from the runner.
func gather(r record.Record, end Ending) Evidence {
	s := r.Experiment.Spec
	e := Evidence{
		Aborted: end.Aborted, NotRun: end.NotRun, Guard: end.Guard, Unknown: end.Unknown, Steps: len(s.Method),
		BaselineNeeded: s.Baseline.Samples, DuringNeeded: duringNeeded(s), BackNeeded: s.Recovery.Samples,
		BaselineSpan: BaselineSpan(s), Budget: s.Recovery.Budget.Std(),
	}
	for _, p := range r.Probes {
		e.Probes = append(e.Probes, probeEvidence(r, p))
	}
	for _, step := range r.Steps {
		if !step.Requested.IsZero() {
			e.Faults = append(e.Faults, faultEvidence(r, step))
		}
	}
	return e
}

func probeEvidence(r record.Record, p record.ProbeSeries) ProbeEvidence {
	e := ProbeEvidence{Name: p.Name, Must: p.Must, Resolution: p.Resolution.Std(), Outage: total(p.Outages)}
	requested, injected, closed := r.Requested(), r.Injected(0), r.LastClosed()
	before, after := record.SplitAt(p.Samples, requested)
	streak := record.Trailing(before, time.Time{})
	e.Before, e.BeforeSpan = len(streak), record.Span(streak)
	if n := len(before) - len(streak); n > 0 {
		e.Broke = describe(p, before[n-1])
	}
	if requested.IsZero() {
		return e
	}
	for _, sample := range after {
		e.count(p, sample, injected)
	}
	e.gaps(r, after)
	if !closed.IsZero() {
		e.Back = len(record.Trailing(after, closed))
	}
	if n := len(after); n > 0 && after[n-1].Problem != nil {
		e.LastProblem = describe(p, after[n-1])
	}
	e.Late = late(r, p)
	return e
}

func (e *ProbeEvidence) count(p record.ProbeSeries, s record.Sample, injected time.Time) {
	switch {
	case s.Problem != nil || s.Value == nil:
		e.problem(describe(p, s))
		return
	case !injected.IsZero() && !s.At.Before(injected):
		e.Fresh++
	}
	if !s.OK {
		e.Bad++
		if e.FirstBad == "" {
			e.FirstBad = describe(p, s)
		}
	}
}

func (e *ProbeEvidence) problem(text string) {
	e.Problems++
	if e.FirstProblem == "" {
		e.FirstProblem = text
	}
}

// shortestGap is the least time without a sample that counts as a gap, however short
// the interval: a busy machine may miss some beats of a fast probe.
const shortestGap = 2 * time.Second

// gaps counts each stretch in which more than two samples are missing as a problem.
func (e *ProbeEvidence) gaps(r record.Record, samples []record.Sample) {
	longest := max(3*r.Experiment.Spec.Interval.Std(), shortestGap)
	for i := 1; i < len(samples); i++ {
		if gap := samples[i].At.Sub(samples[i-1].At); gap > longest {
			e.problem(fmt.Sprintf("no sample for %s from %s", round(gap), clock(samples[i-1].At)))
		}
	}
}

// late describes the first outage that went on beyond the budget, counted from the
// injection that it followed, or from the end of a fault that has a duration.
func late(r record.Record, p record.ProbeSeries) string {
	budget := r.Experiment.Spec.Recovery.Budget.Std()
	for _, o := range p.Outages {
		end := o.Started.Add(o.Duration.Std())
		injected, from := r.InjectedBefore(o.Started), r.EndsBefore(o.Started)
		if over := end.Sub(from); !injected.IsZero() && over > budget {
			after := "the injection"
			if from.After(injected) {
				after = "the fault was to end"
			}
			return fmt.Sprintf("still out %s after %s", round(over), after)
		}
	}
	return ""
}

func faultEvidence(r record.Record, s record.Step) FaultEvidence {
	return FaultEvidence{
		Step: s.Index + 1, Kind: s.Kind, Injected: s.Outcome == record.OutcomeInjected, Victims: len(s.Victims), Affected: r.Proved(s, events.RoleEffect),
		Closed: !s.Closed.IsZero(), Residue: s.Residue, Recovered: s.Recovered, Reason: s.CloseReason,
	}
}

// describe is a sample in words: when, what it showed, what was wanted.
func describe(p record.ProbeSeries, s record.Sample) string {
	if s.Problem != nil {
		return fmt.Sprintf("%s at %s: %s", s.Problem.Kind, clock(s.At), s.Problem.Message)
	}
	if s.Value == nil {
		return "no value at " + clock(s.At)
	}
	return fmt.Sprintf("%s at %s, want %s %s", number(*s.Value), clock(s.At), p.Compare, number(p.Wanted(s)))
}

func total(outages []record.Outage) time.Duration {
	var sum time.Duration
	for _, o := range outages {
		sum += o.Duration.Std()
	}
	return sum
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

func number(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }
