package record

import (
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
	if at.IsZero() || step >= len(r.Experiment.Spec.Method) {
		return at
	}
	return at.Add(max(0, r.Experiment.Spec.Method[step].Duration.Std()))
}

// EndsBefore is Ends of the latest step that was injected before t, or of the first if
// there is none.
func (r Record) EndsBefore(t time.Time) time.Time { return r.Ends(r.stepAt(t)) }

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

// RestoredBy says whether every probe was good n times in a row since the last fault
// was closed.
func (r Record) RestoredBy(n int) bool {
	closed := r.LastClosed()
	for _, p := range r.Probes {
		if closed.IsZero() || len(Trailing(p.Samples, closed)) < n {
			return false
		}
	}
	return len(r.Probes) > 0
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
