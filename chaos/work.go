package chaos

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
)

// errEndAsked says that somebody wants the fault to end now.
var errEndAsked = errors.New("the fault was asked to end")

// work does what is left to do for a fault. An error leaves it to a later attempt,
// here or in another replica. ctx ends with errEndAsked when somebody wants the
// fault to end; what must be mended then is done all the same.
func (e *engine) work(ctx context.Context, c *claim) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var beside sync.WaitGroup
	stopped := e.stopFor(c.Row().Body)
	beside.Go(func() { e.watchEnd(ctx, c, stopped, cancel) })
	defer beside.Wait()
	defer cancel(nil)
	row := c.Row()
	entry := row.Body
	switch {
	case entry.State == StateClosed: // by an earlier version
		return nil
	case entry.CalledOff:
		return e.callOff(ctx, c)
	case entry.State == StatePlanned && entry.EndAsked != "":
		return e.refuse(ctx, c, draft{}, entry.EndAsked, "")
	case entry.State == StatePlanned && row.Lease.Epoch > 1:
		return e.fail(ctx, c, draft{}, "the server ended before anything was injected, and what it began is not begun again")
	case entry.State == StatePlanned:
		return e.begin(ctx, c)
	}
	return e.resume(ctx, c)
}

// watchEnd cancels the work when the entry says that the fault shall end, and lets
// the entry say so when the emergency stop is engaged.
func (e *engine) watchEnd(ctx context.Context, c *claim, stopped <-chan struct{}, cancel context.CancelCauseFunc) {
	for {
		var change func(*row) error
		select {
		case <-ctx.Done():
			return
		case <-c.Changed():
		case <-stopped:
			change = func(r *row) error {
				r.Body.EndAsked = cmp.Or(r.Body.EndAsked, e.halt.why())
				return nil
			}
		}
		for {
			row, err := c.Update(ctx, change)
			if err == nil && row.Body.EndAsked != "" {
				cancel(errEndAsked)
				return
			}
			if err == nil || !events.Wait(ctx, firstPause) {
				break
			}
		}
	}
}

// stopFor is closed when the stop ends the fault. One that has not begun while the
// stop was engaged already is left to the guards, which refuse it by name.
func (e *engine) stopFor(entry Entry) <-chan struct{} {
	engaged, is := e.halt.signal()
	if is && entry.State == StatePlanned {
		return nil
	}
	return engaged
}
