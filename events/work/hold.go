package work

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Reasons why work ends before it is done: causes of the handler's context, and
// errors of Claim.Update, matched with errors.Is.
var (
	// ErrLost says that the lease went to another server, or may go any moment.
	ErrLost = errors.New("the lease is lost")
	// ErrSuperseded says that a later request has taken the row.
	ErrSuperseded = errors.New("a later request has come")
)

// hold is the right of this process to act under a lease, by its own clock.
type hold struct {
	now    func() time.Time
	ttl    time.Duration
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	until time.Time
	over  error
	// timer ends the right when it lapses, whatever a renewal waits for.
	timer *time.Timer
}

func newHold(now func() time.Time, ttl time.Duration, sent time.Time, cancel context.CancelCauseFunc) *hold {
	h := &hold{now: now, ttl: ttl, cancel: cancel}
	h.extend(sent)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timer = time.AfterFunc(h.until.Sub(now()), h.lapse)
	return h
}

// lapse ends the right if it is over, and comes again when it was renewed.
func (h *hold) lapse() {
	left, err := h.left()
	if err != nil {
		h.end(err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timer.Reset(left)
}

// stop is called when nobody acts under the right any more.
func (h *hold) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timer.Stop()
}

// extend counts from the moment before a renewal was sent, since nobody knows
// when it was written. A fifth of the time is left for what is on its way.
func (h *hold) extend(sent time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := sent.Add(h.ttl * 4 / 5); until.After(h.until) {
		h.until = until
	}
}

// end takes the right away.
func (h *hold) end(cause error) {
	h.mu.Lock()
	if h.over == nil {
		h.over = cause
	}
	h.mu.Unlock()
	h.cancel(cause)
}

// left is how long the right lasts if nothing is renewed any more. Errors: ErrLost
// or ErrSuperseded when there is none.
func (h *hold) left() (time.Duration, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := h.until.Sub(h.now())
	if h.over == nil && left <= 0 {
		h.over = ErrLost
	}
	return left, h.over
}

func (h *hold) check() error {
	_, err := h.left()
	return err
}

// keep renews until done is closed, or the right is lost.
func (h *hold) keep(ctx context.Context, done <-chan struct{}, renew func(context.Context) error) {
	tick := time.NewTicker(h.ttl / 5)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		if err := h.renewOnce(ctx, renew); err != nil {
			h.end(err)
			return
		}
	}
}

// renewOnce returns an error only when the right is lost for good.
func (h *hold) renewOnce(ctx context.Context, renew func(context.Context) error) error {
	left, err := h.left()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	sent := h.now()
	err = renew(ctx)
	switch {
	case err == nil:
		h.extend(sent)
		return nil
	case errors.Is(err, ErrLost), errors.Is(err, ErrSuperseded):
		return err
	case errors.Is(err, events.ErrNotFound):
		return ErrLost
	}
	return h.check()
}
