package experiments

import (
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// state is a run as it stands: what is stored, and what has been seen since.
type state struct {
	row Row
	rec record.Record
	// probes are those of the record's hypothesis.
	probes []probe.Probe
	// stopped is why the emergency stop was pulled, "" if it was not.
	stopped string
	// hurry says that this server is stopping.
	hurry bool
}

// move is what a run does next: enter a phase, or wait until a time.
type move struct {
	to    string
	step  int
	end   verdict.Ending
	until time.Time
}

func goTo(phase string, step int) move { return move{to: phase, step: step} }

func waitUntil(t time.Time) move { return move{until: t} }

// next is the whole plan of a run: given what is known and the time, what follows. It
// is pure; the runner does what it says.
func (c Config) next(s state, now time.Time) move {
	if m, over := c.cutShort(s, now); over {
		return m
	}
	switch s.row.Phase {
	case record.PhaseBaseline:
		return c.fromBaseline(s, now)
	case record.PhaseInjecting:
		return c.fromInjecting(s, now)
	case record.PhaseObserving:
		return c.fromObserving(s, now)
	case record.PhaseRecovering:
		return c.fromRecovering(s, now)
	case record.PhaseReverting:
		return c.fromReverting(s, now)
	}
	return goTo(record.PhaseJudging, s.row.Step)
}

// cutShort is what ends a run in every phase before the faults are reverted: that somebody
// asks for it, the emergency stop, the deadline, and a record that cannot be stored.
func (c Config) cutShort(s state, now time.Time) (move, bool) {
	if s.row.Phase == record.PhaseReverting || s.row.Phase == record.PhaseJudging {
		return move{}, false
	}
	var end verdict.Ending
	switch {
	case s.row.End.Aborted != "":
		end.Aborted = s.row.End.Aborted
	case s.row.Abort != "":
		end.Aborted = fmt.Sprintf("aborted while %s: %s", s.row.Phase, s.row.Abort)
	case s.stopped != "":
		end.Aborted = fmt.Sprintf("emergency stop while %s: %s", s.row.Phase, s.stopped)
	case !s.row.Deadline.IsZero() && !now.Before(s.row.Deadline.Add(s.patience())):
		end.Aborted = fmt.Sprintf("the run was still %s at its deadline", s.row.Phase)
	case s.rec.SampleCount() > record.Full:
		end.Aborted = fmt.Sprintf("the record was full, with more than %d samples, while the run was %s", record.Full, s.row.Phase)
	case s.row.Unstored != "":
		end = unstored(s.row)
	default:
		return move{}, false
	}
	to := record.PhaseReverting
	if s.row.Phase == record.PhaseCreated || s.row.Phase == record.PhaseBaseline {
		to = record.PhaseJudging
	}
	return move{to: to, step: s.row.Step, end: end}, true
}

// unstored is the ending of a run whose record could not be stored in its present phase.
func unstored(r Row) verdict.Ending {
	why := strings.TrimPrefix(r.Unstored, errUnstored.Error()+": ")
	return verdict.Ending{
		Unknown: fmt.Sprintf("%s while the run was %s: %s", errUnstored, r.Phase, why), Advice: "shakedown doctor",
	}
}

// patience is how much longer than its spec says a run may take because data come more
// slowly than they are asked for.
func (s state) patience() time.Duration {
	spec := s.rec.Experiment.Spec
	return s.rec.Slack(spec.Baseline.Samples+1) + s.rec.Slack(spec.Recovery.Samples+2)
}

func (c Config) fromBaseline(s state, now time.Time) move {
	spec := s.rec.Experiment.Spec
	deadline := s.row.Since.Add(c.baseline(spec) + s.rec.Slack(spec.Baseline.Samples+1))
	held := len(s.rec.Probes) > 0
	for _, p := range s.rec.Probes {
		row := p.GoodBy(time.Time{})
		if now.Add(verdict.BaselineSpan(spec) - row.Span).After(deadline) {
			return goTo(record.PhaseJudging, 0)
		}
		held = held && verdict.Clocks(p, spec.Interval.Std()) == "" && row.Count >= spec.Baseline.Samples && row.Span >= verdict.BaselineSpan(spec)
	}
	switch unfit := verdict.Unfit(s.rec); {
	case held && unfit != "":
		return move{to: record.PhaseJudging, end: verdict.Ending{NotRun: unfit, Advice: "scrape more often, or give more time with spec.recovery.budget"}}
	case held:
		return goTo(record.PhaseInjecting, 0)
	case !now.Before(deadline):
		return goTo(record.PhaseJudging, 0)
	}
	return waitUntil(deadline)
}

func (c Config) fromInjecting(s state, now time.Time) move {
	step := s.rec.Steps[s.row.Step]
	switch step.Outcome {
	case record.OutcomeInjected:
		if s.last() {
			return goTo(record.PhaseObserving, s.row.Step)
		}
		return goTo(record.PhaseRecovering, s.row.Step)
	case record.OutcomeRefused:
		return move{to: record.PhaseJudging, step: s.row.Step, end: refusal(step)}
	case record.OutcomeFailed:
		m := move{to: record.PhaseReverting, step: s.row.Step, end: verdict.Ending{
			Unknown: fmt.Sprintf("step %d (%s) failed: %s", step.Index+1, step.Kind, step.Reason), Advice: step.Advice,
		}}
		if !step.Open() {
			m.to = record.PhaseJudging
		}
		return m
	}
	patience := c.injecting(s.rec.Experiment.Spec.Method[s.row.Step])
	limit := step.Requested.Add(patience + c.MarkGrace)
	if now.Before(limit) {
		return waitUntil(limit)
	}
	return move{to: record.PhaseReverting, step: s.row.Step, end: verdict.Ending{
		Unknown: fmt.Sprintf("chaos did not answer within %s whether step %d (%s) was injected", patience, step.Index+1, step.Kind),
		Advice:  "see that the chaos service runs: shakedown doctor",
	}}
}

func refusal(step record.Step) verdict.Ending {
	end := verdict.Ending{NotRun: "chaos refused: " + step.Reason, Advice: step.Advice}
	for _, d := range step.Decisions {
		if !d.Allowed {
			end.Guard = d.Guard
			end.NotRun = fmt.Sprintf("guard %q refused: %s", d.Guard, d.Seen)
			if end.Advice == "" {
				end.Advice = d.Advice
			}
			break
		}
	}
	if step.Index > 0 {
		end.NotRun = fmt.Sprintf("step %d: %s", step.Index+1, end.NotRun)
	}
	return end
}

// fromObserving waits until the last fault has been seen in effect for as long as it is to be
// observed. One that is closed and was not seen in effect never will be.
func (c Config) fromObserving(s state, now time.Time) move {
	step := s.rec.Steps[s.row.Step]
	from := s.rec.Effect(step)
	if from.IsZero() {
		from = s.rec.Injected(s.row.Step)
		limit := from.Add(s.rec.Experiment.Spec.Recovery.Budget.Std())
		if !step.Closed.IsZero() {
			limit = step.Closed.Add(c.MarkGrace)
		}
		if now.Before(limit) {
			return waitUntil(limit)
		}
	}
	if limit := from.Add(s.rec.Experiment.Spec.Observe.Std()); now.Before(limit) {
		return waitUntil(limit)
	}
	return goTo(record.PhaseRecovering, s.row.Step)
}

// fromRecovering waits for chaos to close the fault, for the last marks, and, after
// the last step, for the steady state.
func (c Config) fromRecovering(s state, now time.Time) move {
	spec, step := s.rec.Experiment.Spec, s.rec.Steps[s.row.Step]
	injected := s.rec.Injected(s.row.Step)
	budgetEnds := s.rec.Ends(s.row.Step).Add(spec.Recovery.Budget.Std())
	if step.Closed.IsZero() {
		limit := budgetEnds.Add(c.CloseGrace)
		if now.Before(limit) {
			return waitUntil(limit)
		}
		return move{to: record.PhaseReverting, step: s.row.Step, end: verdict.Ending{
			Unknown: fmt.Sprintf("chaos did not close the fault of step %d within %s of its injection", step.Index+1, limit.Sub(injected)),
		}}
	}
	if limit := events.Later(s.row.Since, step.Closed).Add(c.MarkGrace); !s.rec.Marked(step) && now.Before(limit) {
		return waitUntil(limit)
	}
	wait := time.Duration(spec.Recovery.Samples+2)*spec.Interval.Std() + s.rec.Slack(spec.Recovery.Samples+2)
	giveUp := events.Later(budgetEnds, step.Closed).Add(wait)
	switch {
	case !s.last() && (s.rec.ReadBy(step, 1) || !now.Before(giveUp)):
		return goTo(record.PhaseInjecting, s.row.Step+1)
	case s.last() && (s.rec.RestoredBy(spec.Recovery.Samples) || !now.Before(giveUp)):
		return goTo(record.PhaseJudging, s.row.Step)
	}
	return waitUntil(giveUp)
}

func (c Config) fromReverting(s state, now time.Time) move {
	open := s.rec.OpenSteps()
	if len(open) == 0 {
		return goTo(record.PhaseJudging, s.row.Step)
	}
	bound := c.RevertTimeout
	if s.hurry {
		bound = min(bound, c.ShutdownTimeout)
	}
	if limit := s.row.Since.Add(bound); now.Before(limit) {
		return waitUntil(limit)
	}
	const unconfirmed = "; chaos did not confirm that the fault is reverted"
	end := s.row.End
	if end.Aborted != "" {
		end.Aborted += unconfirmed
	} else {
		end.Unknown += unconfirmed
	}
	end.Advice = "shakedown chaos ledger"
	return move{to: record.PhaseJudging, step: s.row.Step, end: end}
}

func (s state) last() bool { return s.row.Step >= len(s.rec.Steps)-1 }
