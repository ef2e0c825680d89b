package work

import (
	"context"
	"errors"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// dropped is how many summaries make room for others at a time.
const dropped = 256

// remember writes that the row has ended, with its summary if there is room. Errors:
// ErrLost; events.ErrFull when there is none, not even for its id.
func (c *Claim[T]) remember(ctx context.Context) error {
	row := c.Row()
	log := c.queue.deps.Log.With("row", row.ID)
	summary, err := c.queue.cfg.summary(row)
	if err != nil {
		log.Error("the end of a row is remembered without its summary", "error", err)
	}
	past := Past{ID: row.ID, Asked: row.Asked, Ended: row.Ended, Summary: summary}
	keep := err == nil && summary == nil
	put := func(ctx context.Context) error { return c.putPast(ctx, past, keep) }
	err = retry(ctx, put)
	if errors.Is(err, events.ErrFull) {
		log.Warn("no room for the end of a row; the oldest summaries are dropped", "error", err)
		if err = c.queue.dropOldest(ctx); err == nil {
			err = retry(ctx, put)
		}
	}
	if errors.Is(err, events.ErrFull) && (past.Summary != nil || keep) {
		past.Summary, keep = nil, false
		err = retry(ctx, put)
	}
	return c.queue.wrap("remember the end of", row.ID, err)
}

// dropOldest makes room: the rows that ended first lose their summaries, and stay
// known. A smaller value always finds room in place of a larger one.
func (q *Queue[T]) dropOldest(ctx context.Context) error {
	all, err := q.past.list(ctx)
	if err != nil && !errors.Is(err, ErrUnreadable) {
		return err
	}
	all = slices.DeleteFunc(all, func(p Past) bool { return p.Summary == nil })
	slices.SortFunc(all, func(a, b Past) int { return a.Ended.Compare(b.Ended) })
	for _, p := range all[:min(dropped, len(all)/2)] {
		if err := q.Forget(ctx, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// putPast writes the end of the row over what it has read, while the lease is held.
// The end of a later request stays; keep leaves the summary that is there. Errors: ErrLost.
func (c *Claim[T]) putPast(ctx context.Context, past Past, keep bool) error {
	for {
		old, rev, err := c.queue.past.get(ctx, past.ID)
		switch {
		case err != nil && !errors.Is(err, events.ErrNotFound) && !errors.Is(err, ErrUnreadable):
			return err
		case errors.Is(c.hold.check(), ErrLost):
			return ErrLost
		case old.Asked.Time.After(past.Asked.Time):
			return nil
		}
		if keep {
			past.Summary = old.Summary
		}
		if _, err := c.queue.past.put(ctx, past.ID, past, rev); !raced(err) {
			return err
		}
	}
}
