package work

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
)

// maxStack bounds the stack in the error of a panic.
const maxStack = 4 << 10

// start claims the row and works on it, in a goroutine of its own.
func (d *dispatcher[T]) start(ctx context.Context, key string) {
	s := d.board.rows[key]
	d.board.working[key] = true
	go func() {
		o := d.work(ctx, s)
		o.key = key
		d.over <- o
	}()
}

// work does what is to be done for a row.
func (d *dispatcher[T]) work(ctx context.Context, s seen[T]) done[T] {
	attempt, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c, err := d.queue.claim(attempt, s, cancel)
	if err != nil {
		return d.unclaimed(ctx, s, err)
	}
	d.enter(c)
	over := make(chan struct{})
	var keeping sync.WaitGroup
	keeping.Go(func() { c.hold.keep(context.WithoutCancel(ctx), over, c.renew) })
	err = d.call(events.WithFence(attempt, c.hold.check), c)
	c.settle(ctx, err)
	close(over)
	keeping.Wait()
	c.hold.stop()
	d.leave(c)
	row, rev := c.position()
	return done[T]{row: row, rev: rev, gone: c.gone()}
}

// unclaimed is what is known of a row that could not be claimed. One that somebody
// else was quicker with is shown by the watch.
func (d *dispatcher[T]) unclaimed(ctx context.Context, s seen[T], err error) done[T] {
	if errors.Is(err, ErrLost) || errors.Is(err, ErrKnown) || errors.Is(err, ErrLate) {
		return done[T]{rev: s.rev, gone: true}
	}
	if ctx.Err() == nil {
		d.queue.deps.Log.Warn("a row could not be claimed", "row", s.row.ID, "error", err)
		events.Wait(ctx, d.queue.cfg.Pause)
	}
	return done[T]{}
}

// call lets the handler work, unless the row has ended and only waits to leave.
func (d *dispatcher[T]) call(ctx context.Context, c *Claim[T]) error {
	if !c.Row().Ended.IsZero() {
		return c.End(ctx, nil)
	}
	d.queue.cfg.Checkpoint("claimed")
	if d.queue.cfg.Superseded != nil {
		if err := c.Flush(ctx); err != nil {
			return err
		}
	}
	return guarded(func() error { return d.handle(ctx, c) })
}

// guarded turns a panic of the handler into an error with the stack.
func guarded(call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			stack := debug.Stack()
			err = fmt.Errorf("handler panicked: %v\n%s", r, stack[:min(len(stack), maxStack)])
		}
	}()
	return call()
}

func (d *dispatcher[T]) enter(c *Claim[T]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.claims[events.Key(c.Row().ID)] = c
}

func (d *dispatcher[T]) leave(c *Claim[T]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.claims, events.Key(c.Row().ID))
}
