package verdict

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// gather counts what the record shows. The texts of the ending say what the samples cannot:
// they come from the runner.
func gather(r record.Record, end Ending) Evidence {
	s := r.Experiment.Spec
	e := Evidence{
		Aborted: end.Aborted, NotRun: end.NotRun, Guard: end.Guard, Unknown: end.Unknown, Steps: len(s.Method),
		BaselineNeeded: s.Baseline.Samples, BackNeeded: s.Recovery.Samples,
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
	e := ProbeEvidence{Name: p.Name, Must: p.Must, Floor: p.Floor.Std(), Out: "not read", Allowed: len(p.Limits) > 0}
	e.Clock = Clocks(p, r.Experiment.Spec.Interval.Std())
	sent := r.Sent(0)
	before := p.GoodBy(sent)
	e.Before, e.BeforeSpan = before.Count, before.Span
	if before.Broke != nil {
		e.Broke = describe(p, *before.Broke)
	}
	if sent.IsZero() {
		return e
	}
	if p.Out != nil {
		e.Out = p.Out.String()
	}
	for _, s := range p.After(sent) {
		e.count(p, s, r.SentBy(0))
	}
	if e.Bad > 0 {
		e.FirstBad, e.Doubt = cmp.Or(e.Doubt, e.FirstBad), ""
	}
	e.steps(r, p)
	if closed := r.LastClosed(); !closed.IsZero() {
		e.Back = p.GoodSince(closed).Count
	}
	e.unread(r, p)
	e.late(r, p)
	return e
}

// count takes in one sample after the injection. A bad one whose window reaches back to before
// the injection does not prove that the fault broke it.
func (e *ProbeEvidence) count(p record.ProbeSeries, s record.Sample, sent time.Time) {
	e.LastProblem = ""
	switch {
	case s.Problem != nil || s.Value == nil:
		e.LastProblem = describe(p, s)
		if e.FirstProblem == "" {
			e.FirstProblem = e.LastProblem
		}
	case !s.OK && !p.Proves(s, sent):
		if e.Doubt == "" {
			e.Doubt = describe(p, s)
		}
	case !s.OK:
		e.Bad++
		if e.FirstBad == "" {
			e.FirstBad = describe(p, s)
		}
	}
}

// steps counts the data that came while each fault was in effect. The last one is observed,
// the others have at least to be seen.
func (e *ProbeEvidence) steps(r record.Record, p record.ProbeSeries) {
	for _, step := range r.Steps {
		if step.Requested.IsZero() {
			continue
		}
		s := StepEvidence{Needed: 1}
		var until time.Time
		if step.Index == len(r.Steps)-1 {
			s.Needed = duringNeeded(r.Experiment.Spec, p.Pace)
		} else {
			until = r.Sent(step.Index + 1)
		}
		if effect := r.Effect(step); !effect.IsZero() {
			s.Fresh = p.Fresh(effect, until)
		}
		e.Steps = append(e.Steps, s)
	}
}

// unread counts what nobody knows: of a probe that must hold every stretch, of one that may
// break those in which it could have broken unseen while a fault was in effect.
func (e *ProbeEvidence) unread(r record.Record, p record.ProbeSeries) {
	closed := r.LastClosed()
	for _, s := range p.Unread {
		if p.Must == spec.MustRecover && (len(p.Outages) > 0 || !closed.IsZero() && s.From.After(closed)) {
			continue
		}
		e.Unread++
		if e.FirstUnread == "" {
			e.FirstUnread = fmt.Sprintf("nothing was read for %s from %s", round(s.Length()), clock(s.From))
			if s.Problem != nil {
				e.FirstUnread += fmt.Sprintf(": %s: %s", s.Problem.Kind, s.Problem.Message)
			}
		}
	}
}

// late describes the first outage, and the first stretch that nobody read, that went on
// beyond the budget, counted from the injection before it, or from when a fault that has a
// duration was to end.
func (e *ProbeEvidence) late(r record.Record, p record.ProbeSeries) {
	budget := r.Experiment.Spec.Recovery.Budget.Std()
	for _, o := range p.Outages {
		lasts := r.Lasts(o.Started)
		switch {
		case o.Back == nil || o.Back.Within(budget+lasts):
		case o.Back.Beyond(budget+lasts) && e.Late == "":
			e.Late = fmt.Sprintf("back %s after the injection%s", o.Back, ofLength(lasts))
			if o.Ended.IsZero() {
				e.Late = fmt.Sprintf("still out %s after the injection%s", round(o.Back.Least.Std()), ofLength(lasts))
			}
		case e.Unsure == "":
			e.Unsure = fmt.Sprintf("back %s after the injection%s", o.Back, ofLength(lasts))
		}
	}
	for _, s := range p.Unread {
		lasts := r.Lasts(s.To)
		if over := s.To.Sub(r.SentBefore(s.To)); over > budget+lasts && e.Unsure == "" {
			e.Unsure = fmt.Sprintf("nothing was read until %s after the injection%s", round(over), ofLength(lasts))
		}
	}
}

// ofLength says of a fault that has a duration how long that is.
func ofLength(lasts time.Duration) string {
	if lasts == 0 {
		return ""
	}
	return fmt.Sprintf(" of a fault that lasts %s", lasts)
}

// Unfit says why a probe that must hold could miss an outage that the budget does not allow, at
// the pace at which its data come; "" when none could, or that is allowed by name.
func Unfit(r record.Record) string {
	budget := r.Experiment.Spec.Recovery.Budget.Std()
	for _, p := range r.Probes {
		if floor := p.Expected(r.Experiment.Spec.Interval); p.Must == spec.MustHold && floor > budget && len(p.Limits) == 0 {
			return fmt.Sprintf("%s could miss an outage of %s, and the budget is %s: its data come every %s, and each shows the last %s",
				p.Name, round(floor), budget, p.Step(r.Experiment.Spec.Interval), p.Reach)
		}
	}
	return ""
}

// Clocks is what is wrong with the clock that dates the data: it differs from ours by more
// than an interval, or moved against it.
func Clocks(p record.ProbeSeries, interval time.Duration) string {
	switch c := p.Clock; {
	case c == nil:
	case c.Moved() > interval:
		return fmt.Sprintf("the clock of its data moved by %s against ours during the run", round(c.Moved()))
	case c.Late.Std() > interval:
		return fmt.Sprintf("the clock of its data is %s ahead of ours, more than an interval of %s", round(c.Late.Std()), interval)
	case -c.Early.Std() > interval:
		return fmt.Sprintf("the clock of its data is %s behind ours, more than an interval of %s", round(-c.Early.Std()), interval)
	}
	return ""
}

func faultEvidence(r record.Record, s record.Step) FaultEvidence {
	f := FaultEvidence{
		Step: s.Index + 1, Kind: s.Kind, Injected: s.Outcome == record.OutcomeInjected, Victims: len(s.Victims), Affected: r.Proved(s, events.RoleEffect),
		Closed: !s.Closed.IsZero(), Residue: s.Residue, Recovered: s.Recovered, Reason: s.CloseReason,
	}
	f.Watched = events.Later(r.Judged(), s.Closed).Sub(r.Ends(s.Index))
	return f
}

// describe is a sample in words: when, what it showed, what was wanted.
func describe(p record.ProbeSeries, s record.Sample) string {
	if s.Problem != nil {
		return fmt.Sprintf("%s at %s: %s", s.Problem.Kind, clock(s.At), s.Problem.Message)
	}
	if s.Value == nil {
		return "no value at " + clock(s.At)
	}
	if s.Why != "" {
		return fmt.Sprintf("%s at %s", s.Why, clock(s.At))
	}
	value, want := number(*s.Value), number(p.Wanted(s))
	if value == want {
		value, want = strconv.FormatFloat(*s.Value, 'g', -1, 64), strconv.FormatFloat(p.Wanted(s), 'g', -1, 64)
	}
	return fmt.Sprintf("%s at %s, want %s %s", value, clock(s.At), p.Compare, want)
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

func number(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }
