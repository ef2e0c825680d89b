package work

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Claim is the right to work on one row, held by this process. Its methods may be
// called at the same time from several goroutines. Its writes work on, within
// their own bounds, when ctx has ended: what was done must be written down.
type Claim[T any] struct {
	queue   *Queue[T]
	hold    *hold
	changed chan struct{}

	// writing is held for the whole of a write, mu only while fields are read or set.
	writing sync.Mutex
	mu      sync.Mutex
	row     Row[T]
	rev     uint64
	// published are the ids of events that are in the outbox still.
	published []string
	// busy says that a write is on its way; shown is the newest revision that the watch
	// has shown meanwhile, which may be that write.
	busy  bool
	shown uint64
	// left says that the row was removed, released that it is given back.
	left, released bool
}

// Row is the row as it was last written or read by this process.
func (c *Claim[T]) Row() Row[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.row
}

// Changed receives a value after somebody else has changed the row; Refresh reads it.
func (c *Claim[T]) Changed() <-chan struct{} { return c.changed }

// Refresh reads the row anew. Errors: as Update.
func (c *Claim[T]) Refresh(ctx context.Context) (Row[T], error) {
	return c.Update(ctx, nil)
}

// Deadline bounds one effect on the outside world: by limit, and by the time for
// which the lease is surely ours. With no time left the context has ended already,
// with the cause ErrLost or ErrSuperseded. Derive it from a context without
// cancellation to mend something after the server was asked to stop.
func (c *Claim[T]) Deadline(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	left, err := c.hold.left()
	if err != nil {
		ctx, cancel := context.WithCancelCause(ctx)
		cancel(err)
		return ctx, func() {}
	}
	return context.WithTimeoutCause(events.WithFence(ctx, c.hold.check), min(limit, left), cause(limit, left))
}

// cause is what ends a context that is bounded by both.
func cause(limit, left time.Duration) error {
	if left < limit {
		return ErrLost
	}
	return context.DeadlineExceeded
}

// Update changes the row and renews the lease in one write. The change is made on
// the newest row, again from the start when somebody else wrote in between, so it
// must be safe to make twice; an error of it ends Update and nothing is written.
// Errors: ErrLost, ErrSuperseded.
func (c *Claim[T]) Update(ctx context.Context, change func(*Row[T]) error) (Row[T], error) {
	defer c.begin()()
	sent := c.queue.deps.Now()
	err := retry(ctx, func(ctx context.Context) error { return c.write(ctx, change) })
	switch {
	case err == nil:
		c.hold.extend(sent)
	case errors.Is(err, events.ErrNotFound):
		err = ErrLost
	}
	if errors.Is(err, ErrLost) || errors.Is(err, ErrSuperseded) {
		c.hold.end(err)
	}
	row := c.Row()
	return row, c.queue.wrap("write", row.ID, err)
}

func (c *Claim[T]) write(ctx context.Context, change func(*Row[T]) error) error {
	for {
		next, over, err := c.next(change)
		if err != nil {
			return err
		}
		rev, err := c.queue.rows.put(ctx, next.ID, next, over)
		switch {
		case err == nil:
			c.wrote(next, rev)
			return nil
		case !raced(err):
			return err
		}
		if err := c.reread(ctx); err != nil {
			return err
		}
	}
}

// next is the row as it is to be written over a revision.
func (c *Claim[T]) next(change func(*Row[T]) error) (next Row[T], over uint64, err error) {
	c.mu.Lock()
	next, over = c.row, c.rev
	next.Outbox = slices.DeleteFunc(slices.Clone(next.Outbox), func(e events.Envelope) bool {
		return slices.Contains(c.published, e.ID)
	})
	c.mu.Unlock()
	next.Lease = next.Lease.renewed()
	if change != nil {
		if err := change(&next); err != nil {
			return next, over, stop{err}
		}
	}
	return next, over, nil
}

// wrote takes in a write of our own.
func (c *Claim[T]) wrote(row Row[T], rev uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.row, c.rev = row, rev
	c.published = slices.DeleteFunc(c.published, func(id string) bool {
		return !slices.ContainsFunc(row.Outbox, func(e events.Envelope) bool { return e.ID == id })
	})
}

// reread takes in what somebody else has written. Errors: ErrLost, ErrSuperseded.
func (c *Claim[T]) reread(ctx context.Context) error {
	mine, _ := c.position()
	row, rev, err := c.queue.rows.get(ctx, mine.ID)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !row.Lease.same(mine.Lease):
		return ErrLost
	case row.Asked.ID != mine.Asked.ID:
		return ErrSuperseded // rev stays, so that nothing of ours removes the later request
	}
	c.row, c.rev = row, rev
	c.wake()
	return nil
}

// renew says that the holder is there.
func (c *Claim[T]) renew(ctx context.Context) error {
	defer c.begin()()
	if c.over() {
		return nil
	}
	return c.write(ctx, nil)
}

// Flush publishes what the outbox holds. Errors are worth another try.
func (c *Claim[T]) Flush(ctx context.Context) error {
	c.mu.Lock()
	id, outbox, done := c.row.ID, slices.Clone(c.row.Outbox), slices.Clone(c.published)
	c.mu.Unlock()
	for _, e := range outbox {
		if slices.Contains(done, e.ID) {
			continue
		}
		if err := retry(ctx, func(ctx context.Context) error { return c.queue.deps.Bus.Publish(ctx, e) }); err != nil {
			return c.queue.wrap("publish "+e.Type+" of", id, err)
		}
		c.mu.Lock()
		c.published = append(c.published, e.ID)
		c.mu.Unlock()
	}
	return nil
}
