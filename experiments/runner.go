package experiments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// drive works on a run from its present phase to its verdict. An error leaves the run
// as it is stored, for whoever takes it next. When ctx ends, a run that has not
// injected anything is given up for the next server; in any other the faults are
// reverted first, within the shutdown timeout.
func (s *Service) drive(ctx context.Context, st *state) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	in := s.listen(work, st)
	defer in.close(stop)
	if st.row.Phase == record.PhaseReverting {
		in.consult(work, s, st)
	}
	Ending := ctx.Done()
	for st.row.Phase != record.PhaseJudging {
		s.drain(st, in)
		m := s.cfg.next(*st, s.deps.Now())
		if m.to != "" {
			if err := s.enter(work, st, m); err != nil {
				return err
			}
			if m.to == record.PhaseReverting {
				in.consult(work, s, st)
			}
			continue
		}
		select {
		case <-Ending:
			if err := s.stopping(work, st); err != nil {
				return err
			}
			Ending = nil
		default:
			if err := s.await(work, st, in, m.until, Ending); err != nil {
				return err
			}
		}
	}
	stop()
	return s.conclude(context.WithoutCancel(ctx), st)
}

// await takes in what happens next, until the time given at the latest.
func (s *Service) await(ctx context.Context, st *state, in *inlet, until time.Time, Ending <-chan struct{}) error {
	if renew := st.row.Lease.Expires.Add(-s.cfg.LeaseTTL * 2 / 3); renew.Before(until) {
		until = renew
	}
	timer := time.NewTimer(max(until.Sub(s.deps.Now()), time.Millisecond))
	defer timer.Stop()
	select {
	case b := <-in.samples:
		st.add(b)
		s.metrics.count(b)
	case e := <-in.facts:
		st.fold(e, s.deps.Now())
	case <-Ending:
	case <-timer.C:
		return s.renew(ctx, st)
	}
	return nil
}

// renew keeps the lease. A store that does not answer is borne until the lease lapses.
func (s *Service) renew(ctx context.Context, st *state) error {
	now := s.deps.Now()
	if now.Before(st.row.Lease.Expires.Add(-s.cfg.LeaseTTL * 2 / 3)) {
		return nil
	}
	row, err := s.tables.take(ctx, st.row.Run, s.deps.Owner, now, s.cfg.LeaseTTL)
	switch {
	case errors.Is(err, errLost) || errors.Is(err, events.ErrNotFound):
		return errLost
	case err != nil && !now.Before(st.row.Lease.Expires):
		return fmt.Errorf("keep run %s: %w", st.row.Run, err)
	case err == nil:
		st.row.Lease = row.Lease
	}
	return nil
}

// stopping is what a run does when its server stops.
func (s *Service) stopping(ctx context.Context, st *state) error {
	if st.row.Phase == record.PhaseBaseline {
		return errors.Join(context.Canceled, s.tables.free(ctx, st.row.Run, s.deps.Owner))
	}
	st.hurry = true
	if st.row.Phase != record.PhaseReverting {
		st.row.End.Aborted = "the server was stopped while " + st.row.Phase
	}
	return nil
}

// enter stores the new phase and only then does what belongs to it.
func (s *Service) enter(ctx context.Context, st *state, m move) error {
	now := s.deps.Now()
	if !now.Before(st.row.Lease.Expires) {
		return errLost
	}
	st.enter(m, now)
	if err := s.tables.record(ctx, st.rec); err != nil {
		return err
	}
	if err := s.tables.write(ctx, &st.row, s.deps.Owner, now, s.cfg.LeaseTTL); err != nil {
		return err
	}
	s.checkpoint(m.to + " stored")
	if err := s.effect(ctx, st, now); err != nil {
		return err
	}
	s.progress(ctx, st, now)
	s.checkpoint(m.to + " entered")
	return nil
}

// enter notes the phase in the row and in the record.
func (s *state) enter(m move, now time.Time) {
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

func (s *Service) effect(ctx context.Context, st *state, now time.Time) error {
	switch st.row.Phase {
	case record.PhaseInjecting:
		return s.inject(ctx, st, now)
	case record.PhaseReverting:
		return s.revert(ctx, st)
	}
	return nil
}

func (s *Service) inject(ctx context.Context, st *state, now time.Time) error {
	step, spec := st.rec.Steps[st.row.Step], st.rec.Experiment.Spec
	f := spec.Method[st.row.Step]
	return events.FaultInjectTopic.Publish(ctx, s.deps.Bus, s.about(st, "inject "+step.Fault), events.FaultInject{
		Fault: step.Fault, Run: st.row.Run, Experiment: st.rec.Name, Kind: step.Kind,
		Environment: st.rec.Environment.Name, Namespace: st.rec.Environment.Namespace, Target: step.Target,
		GracePeriod: f.GracePeriod, Seed: f.Seed, AllowOutage: f.AllowOutage,
		Budget: spec.Recovery.Budget, Deadline: now.Add(s.cfg.InjectTimeout),
	})
}

// revert asks chaos to end every fault that may be in effect.
func (s *Service) revert(ctx context.Context, st *state) error {
	reason := st.row.End.Aborted
	if reason == "" {
		reason = st.row.End.Unknown
	}
	var errs []error
	for _, step := range st.rec.OpenSteps() {
		errs = append(errs, events.FaultRevertTopic.Publish(ctx, s.deps.Bus, s.about(st, "revert "+step.Fault),
			events.FaultRevert{Fault: step.Fault, Reason: reason}))
	}
	return errors.Join(errs...)
}

// progress tells what the run does now. Nobody waits for it, so an error is only logged.
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
		return fmt.Sprintf("%s must hold for %s", plural(len(spec.Hypothesis), "probe"), spec.Baseline.Duration)
	case record.PhaseInjecting:
		step := s.rec.Steps[s.row.Step]
		return fmt.Sprintf("step %d of %d: %s on %s", s.row.Step+1, len(s.rec.Steps), step.Kind, s.rec.Target(step))
	case record.PhaseObserving:
		return fmt.Sprintf("%s; sampling for %s", plural(len(s.rec.Steps[s.row.Step].Victims), "victim"), spec.Observe)
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

// conclude gives the verdict: once, stored before it is told.
func (s *Service) conclude(ctx context.Context, st *state) error {
	if st.rec.Verdict.Word == "" {
		verdict.Conclude(&st.rec, st.row.End, s.deps.Now(), s.deps.Probes.Advise)
		if err := s.tables.record(ctx, st.rec); err != nil {
			return err
		}
	}
	s.checkpoint("verdict stored")
	sum := s.summary(st.rec)
	if err := events.RunFinishedTopic.Publish(ctx, s.deps.Bus, s.about(st, "finished"), events.RunFinished{RunSummary: sum}); err != nil {
		return err
	}
	s.checkpoint("verdict told")
	if err := s.tables.settle(ctx, sum); err != nil {
		return err
	}
	s.metrics.finished(st.rec)
	s.log.InfoContext(ctx, "run finished", "run", st.row.Run, "env", sum.Environment, "experiment", sum.Experiment,
		"verdict", sum.Verdict, "reason", sum.Reason)
	s.checkpoint("run settled")
	return nil
}

func (s *Service) summary(r record.Record) events.RunSummary {
	sum := events.RunSummary{
		Run: r.Run, Experiment: r.Name, Environment: r.Environment.Name, Namespace: r.Environment.Namespace,
		Phase: record.PhaseFinished, Verdict: string(r.Verdict.Word), Reason: r.Verdict.Reason, Advice: r.Verdict.Advice,
		Started: r.Started, Ended: r.Ended, Recovery: r.Summary.Recovery, Outage: r.Summary.Outage,
	}
	if sum.Started.IsZero() {
		sum.Started = r.Queued
	}
	if s.deps.Report != nil {
		sum.Report = s.deps.Report(r.Run)
	}
	return sum
}

// plural is "1 probe" or "2 probes".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
