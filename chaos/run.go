package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// errLost says that the lease of the entry went to somebody else.
var errLost = errors.New("the lease went to another replica")

// run is one fault being worked on in this process. Only its own goroutine uses
// it, nudged aside.
type run struct {
	*desk
	fault   string
	entry   Entry
	adopted bool
	nudged  chan struct{}
	line    *timeline
	// said are the ids of events that are published but still in the outbox.
	said []string
}

func newRun(d *desk) *run { return &run{desk: d, nudged: make(chan struct{}, 1)} }

// work does what is left to do for the entry. What it cannot finish is left to
// the supervisor, here or in another replica.
func (r *run) work(ctx context.Context) {
	if err := r.drive(ctx); err != nil {
		r.Log.ErrorContext(ctx, "fault left to the supervisor", "service", group, "fault", r.entry.Fault,
			"run", r.entry.Request.Run, "state", string(r.entry.State), "error", err)
	}
}

func (r *run) drive(ctx context.Context) error {
	switch {
	case r.entry.State == StateClosed:
		return r.tell(ctx)
	case !r.adopted:
		return r.inject(ctx)
	case r.entry.State == StatePlanned && r.entry.EndAsked != "":
		return r.refuse(ctx, r.entry.EndAsked, "")
	case r.entry.State == StatePlanned:
		return r.fail(ctx, "the server ended before anything was injected, and what it began is not begun again")
	}
	return r.resume(ctx)
}

// persist changes the entry and renews the lease. It works on when ctx has
// ended, for a moment, because what was done must be written down. Errors:
// errLost.
func (r *run) persist(ctx context.Context, change func(*Entry)) error {
	err := r.retry(ctx, func(ctx context.Context) error {
		e, err := r.ledger.modify(ctx, r.entry.Fault, func(e *Entry) error {
			if e.Lease.Owner != r.Owner {
				return errLost
			}
			e.Outbox = slices.DeleteFunc(e.Outbox, func(m events.Envelope) bool { return slices.Contains(r.said, m.ID) })
			e.Lease = e.Lease.Take(r.Owner, r.now(), r.Config.Lease)
			if change != nil {
				change(e)
			}
			return nil
		})
		if err == nil {
			r.entry, r.said = e, nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("write ledger entry of fault %s: %w", r.entry.Fault, err)
	}
	return nil
}

// say publishes what the outbox holds. The ids are fixed, so that what is said
// again after a crash is dropped.
func (r *run) say(ctx context.Context) error {
	for _, m := range r.entry.Outbox {
		if slices.Contains(r.said, m.ID) {
			continue
		}
		if err := r.retry(ctx, func(ctx context.Context) error { return r.Bus.Publish(ctx, m) }); err != nil {
			return fmt.Errorf("publish %s of fault %s: %w", m.Type, r.entry.Fault, err)
		}
		r.said = append(r.said, m.ID)
	}
	return nil
}

// tell publishes what is left in the outbox of a closed entry and empties it.
func (r *run) tell(ctx context.Context) error {
	if err := r.say(ctx); err != nil {
		return err
	}
	r.Checkpoint("closed-said")
	return r.persist(ctx, func(e *Entry) { e.Lease = events.Lease{} })
}

// post puts an event into the entry's outbox. It is called within a change.
func post[T any](r *run, e *Entry, part string, topic events.Topic[T], payload T) {
	m, err := topic.Envelope(r.about(*e, part), payload)
	if err != nil {
		// Payloads of chaos are plain data, which always encodes.
		panic(err)
	}
	e.Outbox = append(e.Outbox, m)
}

// retry repeats a write to the store or the bus a few times. It outlives ctx by
// its own bounds.
func (r *run) retry(ctx context.Context, try func(context.Context) error) error {
	var err error
	for range retries {
		if err = once(ctx, try); err == nil || errors.Is(err, errLost) || errors.Is(err, events.ErrNotFound) {
			return err
		}
		if !pause(ctx, retryPause) {
			return err
		}
	}
	return err
}

func once(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ioTimeout)
	defer cancel()
	return try(ctx)
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
