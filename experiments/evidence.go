package experiments

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// gather counts what the record shows. The three texts tell what the samples cannot:
// they come from the runner.
func gather(r Record, end ending) Evidence {
	s := r.Experiment.Spec
	e := Evidence{
		Aborted: end.Aborted, NotRun: end.NotRun, Guard: end.Guard, Untold: end.Untold, Steps: len(s.Method),
		BaselineNeeded: s.Baseline.Samples, DuringNeeded: duringNeeded(s), BackNeeded: s.Recovery.Samples,
		BaselineSpan: baselineSpan(s), Budget: s.Recovery.Budget.Std(),
	}
	for _, p := range r.Probes {
		e.Probes = append(e.Probes, r.probeEvidence(p))
	}
	for _, step := range r.Steps {
		if !step.Requested.IsZero() {
			e.Faults = append(e.Faults, r.faultEvidence(step))
		}
	}
	return e
}

// ending is why a run ended otherwise than by its own plan. The zero value is a run
// that went to its end.
type ending struct {
	Aborted string `json:"aborted,omitempty"`
	NotRun  string `json:"notRun,omitempty"`
	Guard   string `json:"guard,omitempty"`
	Advice  string `json:"advice,omitempty"`
	Untold  string `json:"untold,omitempty"`
}

// duringNeeded is four fifths of the samples that fit into the time of observing, at
// least one: a slow query may miss a beat, a blind probe may not pass.
func duringNeeded(s Spec) int {
	if s.Interval <= 0 {
		return 1
	}
	return max(1, int(s.Observe/s.Interval)*4/5)
}

// baselineSpan is the time between the first and the last of the samples that fill
// the baseline. Half an interval is allowed for the jitter of the clock.
func baselineSpan(s Spec) time.Duration {
	return max(0, (s.Baseline.Duration - s.Interval - s.Interval/2).Std())
}

func (r Record) probeEvidence(p ProbeSeries) ProbeEvidence {
	e := ProbeEvidence{Name: p.Name, Must: p.Must, Resolution: p.Resolution.Std(), Outage: total(p.Outages)}
	requested, injected, closed := r.requested(), r.injected(0), r.lastClosed()
	before, after := splitAt(p.Samples, requested)
	streak := trailing(before, time.Time{})
	e.Before, e.BeforeSpan = len(streak), span(streak)
	if n := len(before) - len(streak); n > 0 {
		e.Broke = p.describe(before[n-1])
	}
	if requested.IsZero() {
		return e
	}
	for _, sample := range after {
		e.count(p, sample, injected)
	}
	e.gaps(r, after)
	if !closed.IsZero() {
		e.Back = len(trailing(after, closed))
	}
	if n := len(after); n > 0 && after[n-1].Problem != nil {
		e.LastProblem = p.describe(after[n-1])
	}
	e.Late = r.late(p)
	return e
}

func (e *ProbeEvidence) count(p ProbeSeries, s Sample, injected time.Time) {
	switch {
	case s.Problem != nil || s.Value == nil:
		e.problem(p.describe(s))
		return
	case !injected.IsZero() && !s.At.Before(injected):
		e.Fresh++
	}
	if !s.OK {
		e.Bad++
		if e.FirstBad == "" {
			e.FirstBad = p.describe(s)
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
func (e *ProbeEvidence) gaps(r Record, samples []Sample) {
	longest := max(3*r.Experiment.Spec.Interval.Std(), shortestGap)
	for i := 1; i < len(samples); i++ {
		if gap := samples[i].At.Sub(samples[i-1].At); gap > longest {
			e.problem(fmt.Sprintf("no sample for %s from %s", round(gap), clock(samples[i-1].At)))
		}
	}
}

// late tells of the first outage that went on beyond the budget counted from the
// injection that it followed.
func (r Record) late(p ProbeSeries) string {
	budget := r.Experiment.Spec.Recovery.Budget.Std()
	for _, o := range p.Outages {
		end := o.Started.Add(o.Duration.Std())
		injected := r.injectedBefore(o.Started)
		if over := end.Sub(injected); !injected.IsZero() && over > budget {
			return fmt.Sprintf("still out %s after the injection", round(over))
		}
	}
	return ""
}

func (r Record) faultEvidence(s Step) FaultEvidence {
	gone := map[string]bool{}
	for _, m := range r.Recovery {
		if m.Mark == events.MarkVictimGone && m.Step == s.Index {
			gone[m.Victim] = true
		}
	}
	e := FaultEvidence{
		Step: s.Index + 1, Kind: s.Kind, Injected: s.Outcome == OutcomeInjected, Victims: len(s.Victims),
		Closed: !s.Closed.IsZero(), Residue: s.Residue, Recovered: s.Recovered, Reason: s.CloseReason,
	}
	for _, v := range s.Victims {
		if gone[v.UID] {
			e.Gone++
		}
	}
	return e
}

// requested is when the first injection was asked for: samples before it are the
// baseline, those after it may show the fault.
func (r Record) requested() time.Time {
	if len(r.Steps) == 0 {
		return time.Time{}
	}
	return r.Steps[0].Requested
}

// injected is when the kills of a step were accepted, the earliest that is known.
func (r Record) injected(step int) time.Time {
	if step < 0 || step >= len(r.Steps) {
		return time.Time{}
	}
	at := r.Steps[step].Injected
	for _, m := range r.Recovery {
		if m.Mark == events.MarkKillAccepted && m.Step == step && (at.IsZero() || m.At.Before(at)) {
			at = m.At
		}
	}
	return at
}

// injectedBefore is the latest injection before t, or the first if there is none.
func (r Record) injectedBefore(t time.Time) time.Time {
	at := r.injected(0)
	for i := range r.Steps {
		if in := r.injected(i); !in.IsZero() && !in.After(t) {
			at = in
		}
	}
	return at
}

// lastClosed is when the last fault was closed; zero while one is open.
func (r Record) lastClosed() time.Time {
	var last time.Time
	for _, s := range r.Steps {
		if s.Requested.IsZero() {
			continue
		}
		if s.Closed.IsZero() {
			return time.Time{}
		}
		if s.Closed.After(last) {
			last = s.Closed
		}
	}
	return last
}

// describe tells a sample in words: when, what it showed, what was wanted.
func (p ProbeSeries) describe(s Sample) string {
	if s.Problem != nil {
		return fmt.Sprintf("%s at %s: %s", s.Problem.Kind, clock(s.At), s.Problem.Message)
	}
	if s.Value == nil {
		return "no value at " + clock(s.At)
	}
	return fmt.Sprintf("%s at %s, want %s %s", number(*s.Value), clock(s.At), p.Compare, number(p.wanted(s)))
}

func (p ProbeSeries) wanted(s Sample) float64 {
	if s.Wanted != nil {
		return *s.Wanted
	}
	return p.Value
}

func splitAt(samples []Sample, t time.Time) (before, after []Sample) {
	if t.IsZero() {
		return samples, nil
	}
	i := slices.IndexFunc(samples, func(s Sample) bool { return s.At.After(t) })
	if i < 0 {
		return samples, nil
	}
	return samples[:i], samples[i:]
}

// trailing are the good samples in a row at the end, none of them before since.
func trailing(samples []Sample, since time.Time) []Sample {
	i := len(samples)
	for i > 0 && samples[i-1].good() && !samples[i-1].At.Before(since) {
		i--
	}
	return samples[i:]
}

func span(samples []Sample) time.Duration {
	if len(samples) == 0 {
		return 0
	}
	return samples[len(samples)-1].At.Sub(samples[0].At)
}

func total(outages []Outage) time.Duration {
	var sum time.Duration
	for _, o := range outages {
		sum += o.Duration.Std()
	}
	return sum
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

func number(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }
