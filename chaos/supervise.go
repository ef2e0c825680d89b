package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// errHeld says that another replica holds the lease of an entry.
var errHeld = errors.New("another replica holds the lease")

// supervising looks after forsaken faults until ctx ends.
func (d *desk) supervising(ctx context.Context) {
	tick := time.NewTicker(d.Config.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.supervise(ctx)
		}
	}
}

// supervise takes over every unfinished entry that nobody holds: those of a
// former life of this server at once, those of others when their lease lapsed.
// This is the sweep: whatever the ledger says is open is looked up in the
// cluster, reverted and closed.
func (d *desk) supervise(ctx context.Context) {
	open, err := d.ledger.unfinished(ctx)
	if err != nil {
		d.complain(ctx, "look for forsaken faults", err)
		return
	}
	d.metrics.open.Set(float64(len(openOnly(open))))
	for _, e := range open {
		if err := d.adopt(ctx, e.Fault); err != nil {
			d.complain(ctx, "take over a fault", err, "fault", e.Fault, "run", e.Request.Run)
		}
	}
	d.forget(ctx)
}

// adopt takes the lease of an unfinished entry and goes on with it. It does
// nothing when somebody, or this process, works on it already.
func (d *desk) adopt(ctx context.Context, fault string) error {
	r := d.claim(fault)
	if r == nil {
		return nil
	}
	e, err := d.ledger.modify(ctx, fault, func(e *Entry) error {
		if !e.unfinished() || !e.Lease.Free(d.Owner, d.now()) {
			return errHeld
		}
		e.Lease = e.Lease.Take(d.Owner, d.now(), d.Config.Lease)
		return nil
	})
	if err != nil {
		d.release(r)
		if errors.Is(err, errHeld) || errors.Is(err, events.ErrNotFound) {
			return nil
		}
		return fmt.Errorf("take the lease: %w", err)
	}
	d.Log.InfoContext(ctx, "taking over a fault", "service", group, "fault", fault, "run", e.Request.Run, "state", string(e.State))
	r.entry, r.adopted = e, true
	return d.hand(ctx, r)
}

// forget prunes the ledger once in a while.
func (d *desk) forget(ctx context.Context) {
	if now := d.now(); now.Sub(d.pruned) > time.Hour {
		d.pruned = now
		if err := d.ledger.prune(ctx, now.Add(-d.Config.Keep)); err != nil {
			d.complain(ctx, "prune the ledger", err)
		}
	}
}

// complain logs an error that is mended later, unless we are ending anyway.
func (d *desk) complain(ctx context.Context, what string, err error, args ...any) {
	if ctx.Err() == nil {
		d.Log.ErrorContext(ctx, "chaos could not do its duty", append([]any{"service", group, "duty", what, "error", err}, args...)...)
	}
}
