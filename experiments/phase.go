package experiments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// enter stores the new phase, with the events that belong to it, and only then publishes
// them. A phase whose record cannot be stored is not entered: the run is ended, which
// needs no record.
func (s *Service) enter(ctx context.Context, c *work.Claim[Row], st *state, m move) error {
	now := s.deps.Now()
	next := st.entering(m, now)
	if st.row.Unstored == "" {
		err := s.keep(ctx, c, next.rec)
		if err != nil && !errors.Is(err, errUnstored) {
			return err
		}
		if err != nil {
			st.row.Unstored, next.row.Unstored = err.Error(), err.Error()
			if m.to != record.PhaseReverting && m.to != record.PhaseJudging {
				return nil
			}
		}
	}
	s.checkpoint(m.to + " recorded")
	*st = next
	return s.publish(ctx, c, st, now)
}

// publish writes the run's phase down and publishes the events that belong to it.
func (s *Service) publish(ctx context.Context, c *work.Claim[Row], st *state, now time.Time) error {
	_, err := c.Update(ctx, func(r *work.Row[Row]) error {
		st.row.Abort = r.Body.Abort
		r.Body = st.row
		return s.post(r, st, now)
	})
	if err != nil {
		return err
	}
	s.checkpoint(st.row.Phase + " stored")
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	if err := c.Flush(ctx); err != nil {
		return err
	}
	s.progress(ctx, st, now)
	s.checkpoint(st.row.Phase + " entered")
	return nil
}

// entering is the state with the phase noted in the row and in the record.
func (s *state) entering(m move, now time.Time) state {
	next := *s
	next.rec.Phases, next.rec.Steps = slices.Clone(s.rec.Phases), slices.Clone(s.rec.Steps)
	next.note(m, now)
	return next
}

// note notes the phase in the row and in the record.
func (s *state) note(m move, now time.Time) {
	if n := len(s.rec.Phases); n > 0 && s.rec.Phases[n-1].Ended.IsZero() {
		s.rec.Phases[n-1].Ended = now
	}
	s.rec.Phases = append(s.rec.Phases, record.Phase{Name: m.to, Step: m.step, Started: now})
	s.row.Phase, s.row.Step, s.row.Since = m.to, m.step, now
	if m.end != (verdict.Ending{}) {
		s.row.End = m.end
	}
	if m.to == record.PhaseInjecting {
		s.rec.Steps[m.step].Requested = now
	}
}

// post puts the events of the present phase into the outbox. An injection that was not
// published while it was its turn never will be: the run is being ended.
func (s *Service) post(r *work.Row[Row], st *state, now time.Time) error {
	work.Withdraw(r, events.FaultInjectTopic)
	switch st.row.Phase {
	case record.PhaseBaseline:
		return work.Post(r, events.RunStartedTopic, s.about(st, "started"), events.RunStarted{
			Run: st.row.Run, Experiment: st.rec.Name, Environment: st.rec.Environment.Name,
			Namespace: st.rec.Environment.Namespace, At: now,
		})
	case record.PhaseInjecting:
		if st.row.Abort != "" { // the next move ends it
			return nil
		}
		step := st.rec.Steps[st.row.Step]
		return work.Post(r, events.FaultInjectTopic, s.about(st, "inject "+step.Fault), s.injection(st, now))
	case record.PhaseReverting:
		return s.postReverts(r, st)
	}
	return nil
}

func (s *Service) injection(st *state, now time.Time) events.FaultInject {
	step, spec := st.rec.Steps[st.row.Step], st.rec.Experiment.Spec
	f := spec.Method[st.row.Step]
	return events.FaultInject{
		Fault: step.Fault, Run: st.row.Run, Experiment: st.rec.Name, Kind: step.Kind,
		Environment: st.rec.Environment.Name, Namespace: st.rec.Environment.Namespace, Target: step.Target,
		Params: f.Params, Duration: f.Duration, GracePeriod: f.GracePeriod, Seed: f.Seed, AllowOutage: f.AllowOutage,
		Budget: spec.Recovery.Budget, Deadline: now.Add(s.cfg.InjectTimeout),
	}
}

// postReverts asks chaos to end every fault that may be in effect.
func (s *Service) postReverts(r *work.Row[Row], st *state) error {
	reason := st.row.End.Aborted
	if reason == "" {
		reason = st.row.End.Unknown
	}
	var errs []error
	for _, step := range st.rec.OpenSteps() {
		errs = append(errs, work.Post(r, events.FaultRevertTopic, s.about(st, "revert "+step.Fault),
			events.FaultRevert{Fault: step.Fault, Run: st.row.Run, Reason: reason}))
	}
	return errors.Join(errs...)
}

// progress says what the run does now. Nobody waits for it, so an error is only logged.
func (s *Service) progress(ctx context.Context, st *state, now time.Time) {
	part := fmt.Sprintf("progress %s %d %d", st.row.Phase, st.row.Step, st.row.Times)
	err := events.RunProgressedTopic.Publish(ctx, s.deps.Bus, s.about(st, part), events.RunProgressed{
		Run: st.row.Run, Experiment: st.rec.Name, Phase: st.row.Phase, Message: st.message(), At: now,
	})
	if err != nil {
		s.log.WarnContext(ctx, "progress not published", "run", st.row.Run, "error", err)
	}
}

func (s *state) message() string {
	spec := s.rec.Experiment.Spec
	switch s.row.Phase {
	case record.PhaseBaseline:
		return fmt.Sprintf("%s must hold for %s", record.Plural(len(spec.Hypothesis), "probe"), spec.Baseline.Duration)
	case record.PhaseInjecting:
		step := s.rec.Steps[s.row.Step]
		return fmt.Sprintf("step %d of %d: %s on %s", s.row.Step+1, len(s.rec.Steps), step.Kind, s.rec.Target(step))
	case record.PhaseObserving:
		return fmt.Sprintf("%s; sampling for %s", record.Plural(len(s.rec.Steps[s.row.Step].Victims), "victim"), spec.Observe)
	case record.PhaseRecovering:
		return fmt.Sprintf("up to %s to heal", spec.Recovery.Budget)
	case record.PhaseReverting:
		if s.row.End.Aborted != "" {
			return s.row.End.Aborted
		}
		return s.row.End.Unknown
	}
	return ""
}

// about is the metadata of an event that this run says once.
func (s *Service) about(st *state, part string) events.Meta {
	m := s.deps.Stamp.About(st.row.Run, part)
	m.Causation = st.row.Event
	return m
}
