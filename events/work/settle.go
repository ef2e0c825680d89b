package work

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/events"
)

// End writes the last change of the row, publishes what its outbox holds,
// remembers that it has ended and removes it. Called again it goes on where it
// was. After an error the handler returns it; the rest is then done later, without
// calling the handler again. Errors: as Update.
func (c *Claim[T]) End(ctx context.Context, change func(*Row[T]) error) error {
	if c.Row().Ended.IsZero() {
		_, err := c.Update(ctx, func(r *Row[T]) error {
			r.Ended = c.queue.deps.Now()
			if change != nil {
				return change(r)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	c.queue.cfg.Checkpoint("ended")
	if err := c.Flush(ctx); err != nil {
		return err
	}
	c.queue.cfg.Checkpoint("published")
	if err := c.remember(ctx); err != nil {
		return err
	}
	c.queue.cfg.Checkpoint("remembered")
	return c.remove(ctx)
}

// remove deletes the row, unless a later request has taken it meanwhile.
func (c *Claim[T]) remove(ctx context.Context) error {
	defer c.begin()()
	err := retry(ctx, func(ctx context.Context) error {
		for {
			row, rev := c.position()
			err := c.queue.rows.kv.Delete(ctx, events.Key(row.ID), rev)
			if !raced(err) {
				return err
			}
			if err := c.reread(ctx); err != nil {
				return err
			}
		}
	})
	if err == nil || errors.Is(err, events.ErrNotFound) {
		c.mark(true, false)
		return nil
	}
	if errors.Is(err, ErrLost) || errors.Is(err, ErrSuperseded) {
		c.hold.end(err)
	}
	return c.queue.wrap("remove", c.Row().ID, err)
}

// settle brings the row in order after the handler has returned.
func (c *Claim[T]) settle(ctx context.Context, handled error) {
	if c.gone() {
		return
	}
	if handled == nil {
		handled = c.End(ctx, nil)
	}
	if c.gone() || errors.Is(c.hold.check(), ErrLost) {
		return
	}
	log := c.queue.deps.Log.With("row", c.Row().ID, "event_id", c.Row().Asked.ID)
	stopping, superseded := ctx.Err() != nil, errors.Is(c.hold.check(), ErrSuperseded)
	if !stopping && !superseded && handled != nil && !errors.Is(handled, ErrNotYet) {
		log.Warn("work is tried again", "attempt", c.Row().Attempts+1, "error", handled)
	}
	if err := c.release(ctx, stopping || superseded, errors.Is(handled, events.ErrFull)); err != nil {
		log.Warn("a row could not be given back; its lease lapses", "error", err)
	}
}

// mark notes that the row was removed, or is given back.
func (c *Claim[T]) mark(left, released bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.released = left, released
}

// release gives the row back: at once for whoever comes, or for a later attempt,
// much later when the store is full.
func (c *Claim[T]) release(ctx context.Context, atOnce, full bool) error {
	defer c.begin()()
	c.mark(false, true)
	mine := c.Row()
	err := retry(ctx, func(ctx context.Context) error {
		row, rev, err := c.queue.rows.modify(ctx, mine.ID, func(r *Row[T]) error {
			if !r.Lease.same(mine.Lease) {
				return ErrLost
			}
			r.Lease = r.Lease.released()
			if !atOnce {
				r.Attempts++
				r.Pause = events.Duration(c.queue.cfg.pause(r.Attempts))
				if full && !r.Ended.IsZero() {
					r.Pause = events.Duration(c.queue.cfg.roomPause())
				}
			}
			return nil
		})
		if err == nil {
			c.wrote(row, rev)
		}
		return err
	})
	if errors.Is(err, ErrLost) || errors.Is(err, events.ErrNotFound) {
		return nil
	}
	return err
}
