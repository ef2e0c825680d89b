package envs

import (
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/events/work"
)

// callTime bounds one call of the cluster that changes or reads something.
const callTime = 30 * time.Second

// handle brings a request to its outcome and publishes it.
func (s *Service) handle(ctx context.Context, c *claim) error {
	p := s.newProgress(ctx, c.Row())
	o, err := s.attempt(ctx, c, p)
	if err != nil {
		o, err = s.failed(ctx, c, p, err)
	}
	p.close()
	if err != nil {
		return err
	}
	return s.end(ctx, c, o)
}

func (s *Service) attempt(ctx context.Context, c *claim, p *progress) (outcome, error) {
	if o, err := s.undisturbed(ctx, c, p); err != nil || o != (outcome{}) {
		return o, err
	}
	if c.Row().Body.Document == nil {
		return s.destroy(ctx, c, p)
	}
	return s.create(ctx, c, p)
}

// noteBegun notes that the request is about to change something.
func noteBegun(ctx context.Context, c *claim) error {
	if c.Row().Body.Begun {
		return nil
	}
	_, err := c.Update(ctx, func(r *row) error { r.Body.Begun = true; return nil })
	return err
}

// failed decides what becomes of a request after an attempt: it fails, or it is
// tried again after the error that is returned.
func (s *Service) failed(ctx context.Context, c *claim, p *progress, err error) (outcome, error) {
	switch {
	case ctx.Err() != nil:
		return outcome{}, context.Cause(ctx)
	case errors.Is(err, work.ErrNotYet):
		return outcome{}, err
	case isFinal(err):
		return s.givenUp(ctx, c.Row(), err), nil
	}
	now, limit := s.deps.Stamp.Now(), s.deps.Config.Retry
	r, lost := c.Update(ctx, func(r *row) error {
		r.Body.Failing = failingSince(r.Body.Failing, p.began, p.moved, now)
		return nil
	})
	switch {
	case lost != nil:
		return outcome{}, lost
	case now.Sub(r.Body.Failing) > limit:
		return failure(r.ID, err), nil
	}
	p.step("retry", err.Error())
	return outcome{}, err
}

// givenUp is the outcome of a request that no further attempt can mend. A namespace that a
// destroy has left behind goes on being deleted.
func (s *Service) givenUp(ctx context.Context, asked row, err error) outcome {
	o := failure(asked.ID, err)
	if held, ok := errors.AsType[*heldError](err); ok && asked.Body.Document == nil {
		o.deleting, o.uid, o.cluster = true, held.uid, s.identity(ctx)
	}
	return o
}

// failingSince is since when attempts have failed, when one more of them has, now. The
// time in which that one came further, from its beginning until it moved last, is
// left out. What is left grows with every attempt, however long they are, so the
// tries come to an end.
func failingSince(before, began, moved, now time.Time) time.Time {
	if before.IsZero() {
		return now
	}
	return before.Add(moved.Sub(began))
}

// observe reads what is there.
func (s *Service) observe(ctx context.Context, name string) (Current, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return s.deps.Cluster.Observe(ctx, name)
}

// apply makes one object as it is wanted, within the time that the lease lasts: from
// the one that was read, or a new one.
func (s *Service) apply(ctx context.Context, c *claim, o Object, old Live) (Live, error) {
	ctx, cancel := c.Deadline(ctx, callTime)
	defer cancel()
	return s.deps.Cluster.Apply(ctx, o, old, s.owned(c.Row()))
}

// remove deletes one object, within the time that the lease lasts.
func (s *Service) remove(ctx context.Context, c *claim, o Live) error {
	ctx, cancel := c.Deadline(ctx, callTime)
	defer cancel()
	return s.deps.Cluster.Remove(ctx, o, s.owned(c.Row()))
}

// owned refuses what the request may not change.
func (s *Service) owned(asked row) Check {
	return func(l Live) error {
		if err := refuse(l, s.owner(asked.ID), asked.Body.Origin); err != nil || l.Kind != kindNamespace {
			return err
		}
		return refuseExpiry(l, asked.Body)
	}
}
