package chaos

import (
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
	beside.Go(func() { heedEnd(ctx, c, cancel) })
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

// heedEnd cancels the work when the entry says that the fault shall end.
func heedEnd(ctx context.Context, c *claim, cancel context.CancelCauseFunc) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.Changed():
		}
		for {
			row, err := c.Refresh(ctx)
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
