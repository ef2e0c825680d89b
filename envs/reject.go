package envs

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// rejectionOf is the id under which the queue remembers that a request was rejected. It is
// the name of no environment, since these have no capital letters.
func rejectionOf(m events.Meta) string { return "Rejected-" + events.Digest(m.ID) }

// unrejected is a handler of requests that passes over those which were rejected before:
// what spoke against one may be gone when its event comes again.
func unrejected[T any](
	q *queue, handle func(context.Context, *queue, events.Meta, T) error,
) func(context.Context, events.Meta, T) error {
	return func(ctx context.Context, m events.Meta, e T) error {
		if _, err := q.Past(ctx, rejectionOf(m)); !errors.Is(err, events.ErrNotFound) {
			return err
		}
		return handle(ctx, q, m, e)
	}
}

// rejectRequest rejects a create or a destroy.
func (s *Service) rejectRequest(ctx context.Context, q *queue, m events.Meta, o outcome) error {
	return s.reject(ctx, q, m, s.deps.Stamp.After(m, "outcome"), o)
}

// reject publishes that the request m was not accepted, by an event with the metadata says,
// and remembers it.
func (s *Service) reject(ctx context.Context, q *queue, m, says events.Meta, o outcome) error {
	err := q.Refuse(ctx, rejectionOf(m), m, func(ctx context.Context) error {
		return events.EnvironmentRejectedTopic.Publish(ctx, s.deps.Bus, says, *o.rejected)
	})
	switch {
	case errors.Is(err, work.ErrKnown):
		return nil
	case errors.Is(err, work.ErrForgotten):
		s.deps.Log.Warn("request ignored", "env", o.rejected.Name, "event_id", m.ID, "reason", err.Error())
		return nil
	case err == nil:
		s.metrics.ended(o)
		s.deps.Log.Info("environment rejected", "env", o.rejected.Name, "event_id", m.ID, "reason", o.rejected.Reason)
	}
	return err
}
