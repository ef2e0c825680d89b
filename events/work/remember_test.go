package work_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/work"
)

// TestStoppedBeforeItRemembers: a server is stopped for longer than its lease right
// before it writes that a request has ended. What is remembered of a later request,
// which others have done meanwhile, stays when it goes on.
func TestStoppedBeforeItRemembers(t *testing.T) {
	t.Parallel()
	access := natsbustest.Start(t, t.TempDir()).Access()
	bus := natsbustest.Connect(t, access)
	latest := func(c *work.Config[job]) { c.Latest = true }
	var stopped atomic.Bool
	reached, goOn, wrote := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	first := faulty(t, deps(t, natsbustest.Connect(t, access), "first"), func(_ context.Context, op eventstest.Op, call func() error) error {
		if op.Bucket == "jobs_ended" && op.Name == "create" && stopped.CompareAndSwap(false, true) {
			close(reached)
			<-goOn
			err := call()
			return err
		}
		if stopped.Load() && op.Name != "list" {
			<-goOn
		}
		return call()
	}, latest)
	if err := first.Add(t.Context(), "a", asked("old", time.Minute), job{Want: "old"}); err != nil {
		t.Fatal(err)
	}
	run(t, first, func(ctx context.Context, c *work.Claim[job]) error {
		if c.Row().Asked.ID == "old" {
			err := c.End(ctx, nil)
			wrote <- err
			return err
		}
		return nil
	})
	eventstest.Receive(t, "stop", reached)
	second := open(t, bus, "second", latest)
	run(t, second, func(context.Context, *work.Claim[job]) error { return nil })
	empty(t, bus)
	if err := second.Add(t.Context(), "a", asked("new", 0), job{Want: "new"}); err != nil {
		t.Fatal(err)
	}
	empty(t, bus)
	close(goOn)
	if err := eventstest.Receive(t, "end of the first", wrote); err != nil && !errors.Is(err, work.ErrLost) {
		t.Errorf("the first server ends with %v", err)
	}
	past, err := second.Past(t.Context(), "a")
	if err != nil || past.Asked.ID != "new" {
		t.Errorf("remembered is the request %q, want the later one (%v)", past.Asked.ID, err)
	}
	if err := second.Add(t.Context(), "a", events.Meta{ID: "new", Source: "test", Time: past.Asked.Time}, job{}); !errors.Is(err, work.ErrKnown) {
		t.Errorf("the later request again: got %v, want %v", err, work.ErrKnown)
	}
}
