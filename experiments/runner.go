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
	in.ending, in.changed = ctx.Done(), c.Changed()
	for st.row.Phase != record.PhaseJudging {
		s.drain(st, in)
		var err error
		switch m := s.cfg.next(*st, s.deps.Now()); {
		case m.to != "":
			err = s.enter(running, c, st, m)
		case in.ends():
			err = stopping(ctx, st)
		default:
			err = s.await(running, c, st, in, m.until)
		}
		if err != nil {
			return err
		}
	}
	stop()
	return s.conclude(context.WithoutCancel(ctx), c, st)
}

// await takes in what happens next, until the time given at the latest.
func (s *Service) await(ctx context.Context, c *work.Claim[Row], st *state, in *inlet, until time.Time) error {
	timer := time.NewTimer(max(until.Sub(s.deps.Now()), time.Millisecond))
	defer timer.Stop()
	select {
	case b := <-in.samples:
		st.add(b)
		s.metrics.count(b)
	case e := <-in.facts:
		st.fold(e, s.deps.Now())
	case <-in.changed:
		return reread(ctx, c, st)
	case <-in.ending:
	case <-timer.C:
	}
	return nil
}

// reread takes in that somebody wants the run to end.
func reread(ctx context.Context, c *work.Claim[Row], st *state) error {
	row, err := c.Refresh(ctx)
	if err != nil {
		return err
	}
	st.row.Abort = row.Body.Abort
	return nil
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
