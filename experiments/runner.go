package experiments

import (
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// drive works on a run from its present phase to its verdict. An error leaves the run
// as it is stored, for whoever takes it next. When the server stops, a run that has not
// injected anything is given up for the next server; in any other the faults are reverted
// first, within the shutdown timeout.
func (s *Service) drive(ctx context.Context, c *work.Claim[Row], st *state) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	in := s.listen(running, st)
	defer in.close(stop)
	ending := ctx.Done()
	for st.row.Phase != record.PhaseJudging {
		s.drain(st, in)
		m := s.cfg.next(*st, s.deps.Now())
		if m.to != "" {
			if err := s.enter(running, c, st, m); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ending:
			if err := stopping(ctx, st); err != nil {
				return err
			}
			ending = nil
		default:
			s.await(st, in, m.until, ending)
		}
	}
	stop()
	return s.conclude(context.WithoutCancel(ctx), c, st)
}

// await takes in what happens next, until the time given at the latest.
func (s *Service) await(st *state, in *inlet, until time.Time, ending <-chan struct{}) {
	timer := time.NewTimer(max(until.Sub(s.deps.Now()), time.Millisecond))
	defer timer.Stop()
	select {
	case b := <-in.samples:
		st.add(b)
		s.metrics.count(b)
	case e := <-in.facts:
		st.fold(e, s.deps.Now())
	case <-ending:
	case <-timer.C:
	}
}

// stopping is what a run does when its context has ended: one that went to another
// server, or has injected nothing, is left to the next one.
func stopping(ctx context.Context, st *state) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, work.ErrLost) || errors.Is(cause, work.ErrSuperseded) || st.row.Phase == record.PhaseBaseline {
		return cause
	}
	st.hurry = true
	if st.row.Phase != record.PhaseReverting {
		st.row.End.Aborted = "the server was stopped while " + st.row.Phase
	}
	return nil
}
