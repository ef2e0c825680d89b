package record

import (
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Requested is when the first injection was asked for: samples before it are the
// baseline, those after it may show the fault.
func (r Record) Requested() time.Time {
	if len(r.Steps) == 0 {
		return time.Time{}
	}
	return r.Steps[0].Requested
}

// Injected is when the injection of a step was accepted, the earliest that is known.
func (r Record) Injected(step int) time.Time {
	if step < 0 || step >= len(r.Steps) {
		return time.Time{}
	}
	at := r.Steps[step].Injected
	for _, m := range r.Recovery {
		if m.Proves(events.RoleSent) && m.Step == step && (at.IsZero() || m.At.Before(at)) {
			at = m.At
		}
	}
	return at
}

// Ends is when the effect of a step was to end by itself: with its injection, or, of a
// fault that has a duration, that long after it. The budget of its recovery begins there.
func (r Record) Ends(step int) time.Time {
	at := r.Injected(step)
	if at.IsZero() {
		return at
	}
	return at.Add(r.lasts(step))
}

// lasts is the duration of the fault of a step, 0 for one that has none.
func (r Record) lasts(step int) time.Duration {
	if step < 0 || step >= len(r.Experiment.Spec.Method) {
		return 0
	}
	return max(0, r.Experiment.Spec.Method[step].Duration.Std())
}

// Lasts is the duration of the latest fault that was injected before t, or of the first if
// there is none.
func (r Record) Lasts(t time.Time) time.Duration { return r.lasts(r.stepAt(t)) }

// Sent is when the injection of a step was sent, at the earliest: it was asked for by then.
func (r Record) Sent(step int) time.Time {
	if step < 0 || step >= len(r.Steps) {
		return time.Time{}
	}
	return events.Later(r.Steps[step].Requested, r.said(step))
}

// SentBy is when the injection of a step was sent, at the latest: it was accepted by then.
func (r Record) SentBy(step int) time.Time {
	if at := r.said(step); !at.IsZero() {
		return at
	}
	return r.Injected(step)
}

// said is when the first injection of a step was sent, as chaos said; zero when it did not.
func (r Record) said(step int) (sent time.Time) {
	for _, m := range r.Recovery {
		if m.Proves(events.RoleSent) && m.Step == step && !m.Sent.IsZero() && (sent.IsZero() || m.Sent.Before(sent)) {
			sent = m.Sent
		}
	}
	return sent
}

// SentBefore is when the latest injection before t was sent, or the first if there is none.
func (r Record) SentBefore(t time.Time) time.Time { return r.Sent(r.stepAt(t)) }

// Effect is when the fault of a step was seen in effect on every victim, at the latest; zero
// when it was not.
func (r Record) Effect(step Step) (all time.Time) {
	for _, v := range step.Victims {
		var seen time.Time
		for _, m := range r.Recovery {
			if at := m.by(); m.Step == step.Index && m.Victim == VictimID(v) && m.Proves(events.RoleEffect) && (seen.IsZero() || at.Before(seen)) {
				seen = at
			}
		}
		if seen.IsZero() {
			return time.Time{}
		}
		all = events.Later(all, seen)
	}
	return all
}

// Judged is when the evidence was complete: the run began to be judged, or it ended.
func (r Record) Judged() time.Time {
	for _, p := range slices.Backward(r.Phases) {
		if p.Name == PhaseJudging {
			return p.Started
		}
	}
	return r.Ended
}

// InjectedBefore is the latest injection before t, or the first if there is none.
func (r Record) InjectedBefore(t time.Time) time.Time {
	at := r.Injected(0)
	for i := range r.Steps {
		if in := r.Injected(i); !in.IsZero() && !in.After(t) {
			at = in
		}
	}
	return at
}

// LastClosed is when the last fault was closed; zero while one is open.
func (r Record) LastClosed() time.Time {
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

// stepAt is the index of the latest step injected by t.
func (r Record) stepAt(t time.Time) int {
	at := 0
	for i := range r.Steps {
		if in := r.Injected(i); !in.IsZero() && !in.After(t) {
			at = i
		}
	}
	return at
}

// Open says whether something of the step may be in effect, or its ledger entry be
// open: a fault that failed is reverted, too, also when it hit nobody.
func (s Step) Open() bool {
	return !s.Requested.IsZero() && s.Closed.IsZero() && s.Outcome != OutcomeRefused
}

// OpenSteps are the steps that are open, in order.
func (r Record) OpenSteps() []Step {
	var open []Step
	for _, s := range r.Steps {
		if s.Open() {
			open = append(open, s)
		}
	}
	return open
}

// Marked says whether all that the watch can show of the step has arrived.
func (r Record) Marked(step Step) bool {
	effect, healed := r.proved(step, events.RoleEffect), r.proved(step, events.RoleHealed)
	for _, v := range step.Victims {
		if !effect[VictimID(v)] || step.Recovered && !healed[VictimID(v)] {
			return false
		}
	}
	return true
}

// RestoredBy says whether every probe was good in n data in a row that show nothing from
// before the last fault was closed.
func (r Record) RestoredBy(n int) bool {
	closed := r.LastClosed()
	for _, p := range r.Probes {
		if closed.IsZero() || p.GoodSince(closed).Count < n {
			return false
		}
	}
	return len(r.Probes) > 0
}

// ReadBy says whether every probe has n data from after the fault of the step was seen in
// effect.
func (r Record) ReadBy(step Step, n int) bool {
	effect := r.Effect(step)
	for _, p := range r.Probes {
		if effect.IsZero() || p.Fresh(effect, time.Time{}) < n {
			return false
		}
	}
	return true
}

// Slack is how much longer than the sampling interval says the data of the slowest probe may
// take: n of them, and its window.
func (r Record) Slack(n int) (most time.Duration) {
	interval := r.Experiment.Spec.Interval
	for _, p := range r.Probes {
		most = max(most, time.Duration(n)*(p.pace(interval)-interval).Std()+p.Reach.Std())
	}
	return most
}

// SampleCount is how many samples all probes have.
func (r Record) SampleCount() int {
	n := 0
	for _, p := range r.Probes {
		n += len(p.Samples)
	}
	return n
}

// AddNote adds a remark with its time.
func (r *Record) AddNote(at time.Time, text string) {
	r.Notes = append(r.Notes, Note{At: at, Text: text})
}

// proved are the ids of the victims of a step that have a mark with the role.
func (r Record) proved(step Step, role events.Role) map[string]bool {
	ids := map[string]bool{}
	for _, m := range r.Recovery {
		if m.Step == step.Index && m.Proves(role) {
			ids[m.Victim] = true
		}
	}
	return ids
}

// Proved counts the victims of a step that have a mark with the role.
func (r Record) Proved(step Step, role events.Role) int {
	ids, n := r.proved(step, role), 0
	for _, v := range step.Victims {
		if ids[VictimID(v)] {
			n++
		}
	}
	return n
}
