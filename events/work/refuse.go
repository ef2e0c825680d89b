package work

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/events"
)

// Refuse gives a request its outcome without any work: publish is called, and then
// the end of the id is remembered, so that the request and others for its id are
// ErrKnown when they come again. A process that dies between the two publishes
// again, so what is published must have a fixed id. Errors: ErrKnown, when the id has
// been seen before; ErrForgotten, when it may have been and its end be forgotten; any
// other is worth another try.
func (q *Queue[T]) Refuse(ctx context.Context, id string, asked events.Meta, publish func(context.Context) error) error {
	if err := q.unseen(ctx, id); err != nil {
		return err
	}
	if err := q.fresh(asked); errors.Is(err, ErrForgotten) {
		return q.wrap("refuse request for", id, err)
	}
	if err := publish(ctx); err != nil {
		return err
	}
	_, err := q.past.put(ctx, id, Past{ID: id, Asked: asked, Ended: q.deps.Now()}, 0)
	if raced(err) { // by another refusal, or by work that was asked for meanwhile
		return nil
	}
	return q.wrap("remember the end of", id, err)
}

// unseen says whether there neither is nor was a row of the id; its end is remembered
// before it leaves. Errors: ErrKnown.
func (q *Queue[T]) unseen(ctx context.Context, id string) error {
	_, _, open := q.rows.get(ctx, id)
	_, _, past := q.past.get(ctx, id)
	for _, err := range []error{open, past} {
		switch {
		case err == nil:
			return ErrKnown
		case !errors.Is(err, events.ErrNotFound):
			return q.wrap("read", id, err)
		}
	}
	return nil
}
