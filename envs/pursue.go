package envs

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// The pauses between attempts at a request, and the time to tidy up after ctx
// has ended.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 5 * time.Second
	tidyTime   = 5 * time.Second
)

// pursue works on the request for the name until it is done, or ctx ends. It says
// whether there is a later request to work on.
func (s *Service) pursue(ctx context.Context, rows events.Table[request], slots chan struct{}, name string) (again bool) {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return false
	}
	req, err := s.take(ctx, rows, name)
	if err != nil {
		s.skipped(ctx, name, err)
		return false
	}
	s.metrics.working.Inc()
	defer s.metrics.working.Dec()
	ctx, cancel := context.WithCancelCause(ctx)
	var holder sync.WaitGroup
	holder.Go(func() { s.hold(ctx, cancel, rows, req) })
	done := s.fulfil(ctx, rows, req)
	superseded := errors.Is(context.Cause(ctx), errSuperseded)
	cancel(nil)
	holder.Wait()
	s.leave(ctx, rows, req, done, superseded)
	return superseded
}

func (s *Service) skipped(ctx context.Context, name string, err error) {
	if errors.Is(err, errDone) || errors.Is(err, errHeld) || errors.Is(err, events.ErrNotFound) || ctx.Err() != nil {
		return
	}
	s.Log.Warn("a request could not be taken up; it is tried again", "env", name, "error", err)
}

// hold renews the lease while the work goes on, and ends the work when a later
// request has come by another server or the lease is lost.
func (s *Service) hold(ctx context.Context, cancel context.CancelCauseFunc, rows events.Table[request], req request) {
	tick := time.NewTicker(s.Config.Lease / 5)
	defer tick.Stop()
	held := s.Stamp.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := s.renew(ctx, rows, req)
		now := s.Stamp.Now()
		switch {
		case err == nil:
			held = now
		case errors.Is(err, errSuperseded), errors.Is(err, errLost):
			cancel(err)
		case now.Sub(held) > s.Config.Lease*4/5:
			cancel(errLost)
		}
	}
}

// leave gives the request back, also when ctx has ended.
func (s *Service) leave(ctx context.Context, rows events.Table[request], req request, done, superseded bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
	defer cancel()
	if superseded && !done {
		s.tell(ctx, req, events.EnvironmentProgressed{
			Name: req.Name, Step: "superseded", Message: "a later request for the environment is worked on instead",
		})
	}
	if err := s.release(ctx, rows, req, done); err != nil {
		s.Log.Warn("a request could not be given back; its lease lapses", "env", req.Name, "event_id", req.Asked.ID, "error", err)
	}
}

// fulfil brings the request to its outcome and tells it. It says false when ctx
// ended before that.
func (s *Service) fulfil(ctx context.Context, rows events.Table[request], req request) bool {
	o := s.outcome(ctx, rows, req)
	for pause := firstPause; ctx.Err() == nil; pause = min(2*pause, lastPause) {
		err := s.publish(ctx, req, o)
		if err == nil {
			s.metrics.ended(o)
			s.Log.Info("request ended", "outcome", o.word(), "env", req.Name, "event_id", req.Asked.ID, "reason", o.reason())
			return true
		}
		s.Log.Warn("an outcome could not be told; it is tried again", "env", req.Name, "error", err)
		events.Wait(ctx, pause)
	}
	return false
}

// outcome tries until there is one, or ctx ends.
func (s *Service) outcome(ctx context.Context, rows events.Table[request], req request) outcome {
	began := s.Stamp.Now()
	t := s.newTeller(ctx, req)
	defer t.close()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		o, err := s.attempt(ctx, rows, req, t)
		switch {
		case err == nil || ctx.Err() != nil:
			return o
		case isFinal(err), s.Stamp.Now().Sub(began) > s.Config.Retry:
			return outcome{failed: &events.EnvironmentFailed{Name: req.Name, Reason: reasonOf(err), Message: withHint(err)}}
		}
		t.step("retry", err.Error())
		s.Log.Warn("environment is tried again", "env", req.Name, "event_id", req.Asked.ID, "error", err)
		events.Wait(ctx, pause)
	}
}

func (s *Service) attempt(ctx context.Context, rows events.Table[request], req request, t *teller) (outcome, error) {
	if req.Create == nil {
		return s.destroy(ctx, rows, req, t)
	}
	return s.create(ctx, req, t)
}

// isFinal says whether trying again is of no use.
func isFinal(err error) bool {
	if _, held := errors.AsType[*heldError](err); held {
		return true
	}
	e, ok := asError(err)
	return ok && (e.Kind == events.KindRefused || e.Kind == events.KindInvalid || e.Kind == events.KindNotFound)
}

func reasonOf(err error) string {
	if _, held := errors.AsType[*heldError](err); held {
		return ReasonTerminating
	}
	e, ok := asError(err)
	if !ok {
		return "Unavailable"
	}
	switch e.Kind {
	case events.KindRefused:
		return "Refused"
	case events.KindInvalid:
		return "Invalid"
	case events.KindNotFound, events.KindUnavailable, events.KindInternal, events.KindPartial, events.KindDrift:
	}
	return "Unavailable"
}

func withHint(err error) string {
	if e, ok := asError(err); ok && e.Advice != "" {
		return err.Error() + " (" + e.Advice + ")"
	}
	return err.Error()
}
