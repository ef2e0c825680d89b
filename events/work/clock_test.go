package work_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/work"
)

// TestPauseByOwnClock: a row whose attempt failed is tried again after its pause,
// although the clock of the server that failed is hours ahead of this one's.
func TestPauseByOwnClock(t *testing.T) {
	t.Parallel()
	access := natsbustest.Start(t, t.TempDir()).Access()
	bus := natsbustest.Connect(t, access)
	d := deps(t, natsbustest.Connect(t, access), "ahead")
	d.Now = func() time.Time { return time.Now().Add(3 * time.Hour) }
	long := config(func(c *work.Config[job]) { c.Pause, c.MaxPause = 300*time.Millisecond, 300*time.Millisecond })
	ahead, err := work.Open(t.Context(), d, long)
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan time.Time, 1)
	stop := run(t, ahead, func(context.Context, *work.Claim[job]) error {
		select {
		case failed <- time.Now():
		default: // it has failed before
		}
		return errors.New("not here")
	})
	if err := ahead.Add(t.Context(), "a", asked("e", 0), job{}); err != nil {
		t.Fatal(err)
	}
	at := eventstest.Receive(t, "failure", failed)
	eventstest.Eventually(t, "it is given back", func() bool {
		row, err := ahead.Get(t.Context(), "a")
		return err == nil && row.Lease.Owner == ""
	})
	stop()
	again := make(chan time.Time, 1)
	run(t, open(t, bus, "here"), func(context.Context, *work.Claim[job]) error { again <- time.Now(); return nil })
	if took := eventstest.Receive(t, "second attempt", again).Sub(at); took < 300*time.Millisecond {
		t.Errorf("tried again after %s, before the pause was over", took)
	}
	empty(t, bus)
}
