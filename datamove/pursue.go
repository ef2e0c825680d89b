package datamove

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Reasons why a request is not worked on.
var (
	errDone = errors.New("the copy is done")
	errHeld = errors.New("another server works on the copy")
)

// pursue works on a request until it has an outcome that was told, or ctx ends.
// It says false when there was nothing to do.
func (s *Service) pursue(ctx context.Context, rows events.Table[request], id string) bool {
	req, err := s.take(ctx, rows, id)
	if err != nil {
		if !errors.Is(err, errDone) && !errors.Is(err, errHeld) && ctx.Err() == nil {
			s.Log.Warn("a copy could not be taken up; it is tried again", "run", id, "error", err)
		}
		return false
	}
	s.metrics.working.Inc()
	defer s.metrics.working.Dec()
	held, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() { defer close(over); s.hold(held, cancel, rows, id) }()
	done := s.fulfil(held, req)
	cancel()
	<-over
	s.leave(ctx, rows, id, done)
	return true
}

// take leases the request for this server and counts the attempt.
func (s *Service) take(ctx context.Context, rows events.Table[request], id string) (request, error) {
	return rows.Modify(ctx, events.Key(id), func(row *request) error {
		now := s.Stamp.Now()
		switch {
		case !row.Done.IsZero():
			return errDone
		case !row.Lease.Free(s.Owner, now):
			return errHeld
		}
		row.Attempts++
		row.Lease = row.Lease.Take(s.Owner, now, s.Config.Lease)
		return nil
	})
}

// hold renews the lease while the work goes on, and ends the work when another
// server has it.
func (s *Service) hold(ctx context.Context, cancel context.CancelFunc, rows events.Table[request], id string) {
	tick := time.NewTicker(s.Config.Lease / 5)
	defer tick.Stop()
	since := s.Stamp.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, err := rows.Modify(ctx, events.Key(id), func(row *request) error {
			if row.Lease.Owner != s.Owner {
				return errHeld
			}
			row.Lease = row.Lease.Take(s.Owner, s.Stamp.Now(), s.Config.Lease)
			return nil
		})
		now := s.Stamp.Now()
		switch {
		case err == nil:
			since = now
		case errors.Is(err, errHeld), now.Sub(since) > s.Config.Lease*4/5:
			cancel()
		}
	}
}

// leave gives the request back, also when ctx has ended.
func (s *Service) leave(ctx context.Context, rows events.Table[request], id string, done bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
	defer cancel()
	_, err := rows.Modify(ctx, events.Key(id), func(row *request) error {
		if row.Lease.Owner == s.Owner {
			row.Lease = events.Lease{}
		}
		if done {
			row.Done = s.Stamp.Now()
		}
		return nil
	})
	if err != nil {
		s.Log.Warn("a copy could not be given back; its lease lapses", "run", id, "error", err)
	}
}

// fulfil copies, takes up what was cut off as often as Config.Attempts, and tells
// how it ended. It says false when ctx ended before that.
func (s *Service) fulfil(ctx context.Context, req request) bool {
	doc, err := checkStart(req.Start)
	if err != nil {
		return s.told(ctx, func() error { return s.refuse(ctx, req.Asked, req.Start, "", err) })
	}
	p := s.newTeller(ctx, req)
	defer p.close()
	for attempt := req.Attempts; ; attempt++ {
		report, err := s.copy(ctx, doc, req.Start.ID, p)
		switch {
		case ctx.Err() != nil:
			return false
		case report.Verdict == Refused:
			err = cmp.Or(err, error(events.Errorf(events.KindRefused, "", "%s", report.Reason)))
			return s.told(ctx, func() error { return s.refuse(ctx, req.Asked, req.Start, doc.Metadata.Name, err) })
		case err == nil || attempt >= s.Config.Attempts || !resumable(err):
			return s.told(ctx, func() error { return s.finish(ctx, req, report) })
		}
		s.Log.Warn("copy is taken up again", "run", req.Start.ID, "attempt", attempt, "error", err)
		events.Wait(ctx, s.Config.Pause)
	}
}

// copy begins the run, takes it up, or finds that it ended before that was told.
func (s *Service) copy(ctx context.Context, doc Document, id string, p Progress) (Report, error) {
	if r, ok := s.Copier.Ended(id); ok {
		return r, nil
	}
	return s.Copier.Copy(ctx, doc, CopyOptions{ID: id, Resume: s.Copier.Knows(id)}, p)
}

// resumable says whether trying again may help.
func resumable(err error) bool {
	e, ok := errors.AsType[*events.Error](err)
	return !ok || e.Kind == events.KindUnavailable || e.Kind == events.KindPartial || e.Kind == events.KindInternal
}

// told publishes until it works or ctx ends.
func (s *Service) told(ctx context.Context, publish func() error) bool {
	for ctx.Err() == nil {
		err := publish()
		if err == nil {
			return true
		}
		s.Log.Warn("the end of a copy could not be told; it is tried again", "error", err)
		events.Wait(ctx, s.Config.Pause)
	}
	return false
}
