package experiments

import (
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// factTypes are the events about a run that it watches while it is under way.
func factTypes() []string {
	return []string{
		events.FaultInjectedTopic.Type(), events.FaultRefusedTopic.Type(), events.FaultFailedTopic.Type(),
		events.FaultRevertedTopic.Type(), events.RecoveryMarkedTopic.Type(),
	}
}

// fold takes a fact into the state. It is idempotent, and facts may come in any order,
// again, or about other runs. What does not parse is passed over: its dead letter is
// the business of the bus.
func (s *state) fold(e events.Envelope, now time.Time) {
	switch e.Type {
	case events.FaultInjectedTopic.Type():
		if _, f, err := events.FaultInjectedTopic.Parse(e); err == nil {
			s.injected(f, now)
		}
	case events.FaultRefusedTopic.Type():
		if _, f, err := events.FaultRefusedTopic.Parse(e); err == nil {
			s.refused(f)
		}
	case events.FaultFailedTopic.Type():
		if _, f, err := events.FaultFailedTopic.Parse(e); err == nil {
			s.failed(f)
		}
	case events.FaultRevertedTopic.Type():
		if _, f, err := events.FaultRevertedTopic.Parse(e); err == nil {
			s.reverted(f, now)
		}
	case events.RecoveryMarkedTopic.Type():
		if _, m, err := events.RecoveryMarkedTopic.Parse(e); err == nil {
			s.marked(m, now)
		}
	case events.StopEngagedTopic.Type():
		if _, stop, err := events.StopEngagedTopic.Parse(e); err == nil && !stop.At.Before(s.row.Began) {
			s.stopped = stop.Reason
			if s.stopped == "" {
				s.stopped = "no reason given"
			}
		}
	}
}

// step is the step of the fault, nil when the fault is not of this run or was not
// asked for.
func (s *state) step(run, fault string) *record.Step {
	if run != s.row.Run {
		return nil
	}
	for i := range s.rec.Steps {
		if st := &s.rec.Steps[i]; st.Fault == fault && !st.Requested.IsZero() {
			return st
		}
	}
	return nil
}

func (s *state) injected(f events.FaultInjected, now time.Time) {
	st := s.step(f.Run, f.Fault)
	if st == nil || st.Outcome != "" {
		return
	}
	st.Outcome, st.Victims, st.Decisions, st.Seed = record.OutcomeInjected, f.Victims, f.Decisions, f.Seed
	st.Injected = clamp(f.At, st.Requested, now)
}

func (s *state) refused(f events.FaultRefused) {
	st := s.step(f.Run, f.Fault)
	if st == nil || st.Outcome != "" {
		return
	}
	st.Outcome, st.Reason, st.Advice, st.Decisions = record.OutcomeRefused, f.Reason, f.Advice, f.Decisions
}

// failed overrules injected: of the two the fault that was not wholly in effect is
// the one that may not pass.
func (s *state) failed(f events.FaultFailed) {
	st := s.step(f.Run, f.Fault)
	if st == nil || st.Outcome == record.OutcomeFailed {
		return
	}
	st.Outcome, st.Reason = record.OutcomeFailed, f.Reason
	if len(f.Victims) > 0 {
		st.Victims = f.Victims
	}
	if len(f.Decisions) > 0 {
		st.Decisions = f.Decisions
	}
	if f.Seed != 0 {
		st.Seed = f.Seed
	}
}

func (s *state) reverted(f events.FaultReverted, now time.Time) {
	st := s.step(f.Run, f.Fault)
	if st == nil || !st.Closed.IsZero() {
		return
	}
	st.Closed = clamp(f.At, st.Requested, now)
	st.Recovered, st.CloseReason, st.Residue = f.Recovered, f.Reason, f.Residue
}

// marked takes a mark in. What is counted is when we heard of it: chaos may have another
// clock.
func (s *state) marked(m events.RecoveryMarked, now time.Time) {
	st := s.step(m.Run, m.Fault)
	if st == nil {
		return
	}
	mark := record.Mark{
		Mark: m.Mark, Role: m.Role, Label: m.Label, At: clamp(m.At, st.Requested, now), Heard: now, Step: st.Index,
		Source: record.SourceWatch, Victim: m.Victim, Object: m.Object, Node: m.Node,
	}
	if !m.Sent.IsZero() {
		mark.Sent = clamp(m.Sent, st.Requested, now)
	}
	if !m.Since.IsZero() {
		mark.Resolution = events.Duration(m.At.Sub(m.Since))
	}
	same := func(o record.Mark) bool {
		return o.Mark == mark.Mark && o.Step == mark.Step && o.Victim == mark.Victim && o.Object == mark.Object
	}
	if !slices.ContainsFunc(s.rec.Recovery, same) {
		s.rec.Recovery = append(s.rec.Recovery, mark)
	}
}

// add takes one batch of samples into the record. Once that is full the run is being
// ended and has no use for more.
func (s *state) add(b batch) {
	if s.rec.SampleCount() > record.Full {
		return
	}
	for i := range min(len(b), len(s.rec.Probes)) {
		s.rec.Probes[i].Add(b[i])
	}
}

// clamp keeps a time reported by another machine, whose clock may differ, between two
// times of our own.
func clamp(t, low, high time.Time) time.Time {
	switch {
	case t.Before(low):
		return low
	case t.After(high):
		return high
	}
	return t
}
