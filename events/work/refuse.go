package work

import (
	"context"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

// Refuse gives a request its outcome without any work: publish is called, and then
// the end of the id is remembered, so that the request and others for its id are
// ErrKnown when they come again. A process that dies between the two publishes
// again, so what is published must have a fixed id. Errors: ErrKnown, when there is
// nothing to do; any other is worth another try.
func (q *Queue[T]) Refuse(ctx context.Context, id string, asked events.Meta, publish func(context.Context) error) error {
	if err := q.admit(ctx, id, asked); err != nil {
		return err
	}
	_, _, err := q.rows.get(ctx, id)
	switch {
	case err == nil:
		return fmt.Errorf("%w, by another event", ErrKnown)
	case !errors.Is(err, events.ErrNotFound):
		return q.wrap("read", id, err)
	}
	if err := publish(ctx); err != nil {
		return err
	}
	past := Past{ID: id, Asked: asked, Ended: q.deps.Now()}
	return q.wrap("remember the end of", id, q.past.set(ctx, id, past))
}
