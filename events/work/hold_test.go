package work

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

func errorIs(got, want error) bool {
	if want == nil {
		return got == nil
	}
	return errors.Is(got, want)
}

// TestHold lets a lease of 10 s be renewed, or not, in virtual time, and asks for
// how long its holder acts.
func TestHold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		renew func(ctx context.Context, nth int) error
		lasts time.Duration
		cause error
	}{
		{"renewed for ever", func(context.Context, int) error { return nil }, 0, nil},
		{"the store never answers", func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }, 8 * time.Second, ErrLost},
		{"the store refuses", func(context.Context, int) error { return errors.New("no") }, 8 * time.Second, ErrLost},
		{"one renewal fails", func(_ context.Context, nth int) error { return []error{nil, errors.New("no"), nil}[nth%3] }, 0, nil},
		{"the row has another holder", func(context.Context, int) error { return ErrLost }, 2 * time.Second, ErrLost},
		{"a later request", func(context.Context, int) error { return ErrSuperseded }, 2 * time.Second, ErrSuperseded},
		{"the row is gone", func(context.Context, int) error { return events.ErrNotFound }, 2 * time.Second, ErrLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				began := time.Now()
				h := newHold(time.Now, 10*time.Second, began, cancel)
				done, nth := make(chan struct{}), 0
				go h.keep(context.WithoutCancel(ctx), done, func(ctx context.Context) error { nth++; return c.renew(ctx, nth-1) })
				select {
				case <-ctx.Done():
				case <-time.After(time.Hour):
				}
				if got := context.Cause(ctx); !errorIs(got, c.cause) {
					t.Errorf("cause %v, want %v", got, c.cause)
				}
				if took := time.Since(began); c.cause != nil && took != c.lasts {
					t.Errorf("the holder acted for %s, want %s", took, c.lasts)
				}
				if err := h.check(); !errorIs(err, c.cause) {
					t.Errorf("check says %v, want %v", err, c.cause)
				}
				close(done)
				synctest.Wait()
			})
		})
	}
}

// TestHoldOfStoppedProcess: a process that was stopped for longer than its lease
// has no right when it goes on, also before any of its timers has run.
func TestHoldOfStoppedProcess(t *testing.T) {
	t.Parallel()
	clock := time.Now()
	ctx, cancel := context.WithCancelCause(t.Context())
	h := newHold(func() time.Time { return clock }, 10*time.Second, clock, cancel)
	fenced := events.WithFence(ctx, h.check)
	if err := events.CheckFence(fenced); err != nil {
		t.Fatalf("a fresh lease is refused: %v", err)
	}
	clock = clock.Add(8 * time.Second)
	if err := events.CheckFence(context.WithoutCancel(fenced)); !errors.Is(err, ErrLost) {
		t.Errorf("got %v, want %v", err, ErrLost)
	}
	clock = clock.Add(-time.Hour)
	if err := h.check(); !errors.Is(err, ErrLost) {
		t.Errorf("a right that was lost is back: %v", err)
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		limit time.Duration
		age   time.Duration
		ends  time.Duration
		cause error
	}{
		{"the limit comes first", time.Second, 0, time.Second, context.DeadlineExceeded},
		{"the lease comes first", time.Minute, 0, 8 * time.Second, ErrLost},
		{"an old lease leaves less", time.Minute, 5 * time.Second, 3 * time.Second, ErrLost},
		{"a lease that is over leaves nothing", time.Second, 8 * time.Second, 0, ErrLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, cancel := context.WithCancelCause(t.Context())
				claim := &Claim[int]{hold: newHold(time.Now, 10*time.Second, time.Now().Add(-c.age), cancel)}
				began := time.Now()
				ctx, done := claim.Deadline(t.Context(), c.limit)
				defer done()
				<-ctx.Done()
				if took := time.Since(began); took != c.ends {
					t.Errorf("it ended after %s, want %s", took, c.ends)
				}
				if got := context.Cause(ctx); !errors.Is(got, c.cause) {
					t.Errorf("cause %v, want %v", got, c.cause)
				}
			})
		})
	}
}
