package work_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

// TestSlowWrite: while a write of a handler hangs, its lease lapses on time, its
// context ends, its row can be read, and other rows are worked on.
func TestSlowWrite(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	var hangs atomic.Bool
	hanging := make(chan struct{})
	release := sync.OnceFunc(func() { close(hanging) })
	defer release()
	q := faulty(t, deps(t, bus, "one"), func(_ context.Context, op eventstest.Op, call func() error) error {
		if hangs.Load() && op.Bucket == "jobs" && op.Name == "update" && op.Key == "slow" {
			<-hanging
		}
		return call()
	})
	began, ended, others := make(chan *work.Claim[job], 1), make(chan error, 1), make(chan string, 1)
	run(t, q, func(ctx context.Context, c *work.Claim[job]) error {
		if c.Row().ID != "slow" {
			others <- c.Row().ID
			return nil
		}
		if c.Row().Lease.Epoch > 1 {
			return nil
		}
		hangs.Store(true)
		began <- c
		context.AfterFunc(ctx, func() { ended <- context.Cause(ctx) })
		_, err := c.Update(ctx, nil)
		return err
	})
	if err := q.Add(t.Context(), "slow", asked("e1", 0), job{Want: "x"}); err != nil {
		t.Fatal(err)
	}
	c := eventstest.Receive(t, "start", began)
	since := time.Now()
	if got := c.Row().Body.Want; got != "x" {
		t.Errorf("the row reads %q while a write hangs", got)
	}
	// What somebody else writes into the row must not hold up the dispatcher.
	if _, err := open(t, bus, "other").Modify(t.Context(), "slow", func(j *job) error { j.Want = "y"; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := q.Add(t.Context(), "quick", asked("e2", 0), job{}); err != nil {
		t.Fatal(err)
	}
	eventstest.Receive(t, "work on another row", others)
	timebound.Check(t, "work on another row, while a write hangs,", time.Since(since), time.Second)
	if err := eventstest.Receive(t, "end of the context", ended); !errors.Is(err, work.ErrLost) {
		t.Errorf("cause %v, want %v", err, work.ErrLost)
	}
	timebound.Check(t, "the end of the context", time.Since(since), config().Lease*6/5)
	hangs.Store(false)
	release()
	empty(t, bus)
}

// TestTakenWhileWriting: the holder learns that its row was taken although a write of
// its own hangs.
func TestTakenWhileWriting(t *testing.T) {
	t.Parallel()
	access := natsbustest.Start(t, t.TempDir()).Access()
	bus := natsbustest.Connect(t, access)
	long := func(c *work.Config[job]) { c.Latest, c.Lease = true, time.Minute }
	hanging := make(chan struct{})
	release := sync.OnceFunc(func() { close(hanging) })
	defer release()
	var hangs atomic.Bool
	q := faulty(t, deps(t, natsbustest.Connect(t, access), "one"), func(_ context.Context, op eventstest.Op, call func() error) error {
		if hangs.Load() && op.Bucket == "jobs" && op.Name == "update" {
			<-hanging
		}
		return call()
	}, long)
	began, ended := make(chan struct{}, 1), make(chan error, 1)
	run(t, q, func(ctx context.Context, c *work.Claim[job]) error {
		if c.Row().Asked.ID == "new" {
			return nil
		}
		hangs.Store(true)
		context.AfterFunc(ctx, func() { ended <- context.Cause(ctx) })
		began <- struct{}{}
		_, err := c.Update(ctx, nil)
		return err
	})
	if err := q.Add(t.Context(), "a", asked("old", time.Minute), job{}); err != nil {
		t.Fatal(err)
	}
	eventstest.Receive(t, "start", began)
	if err := open(t, bus, "other", long).Add(t.Context(), "a", asked("new", 0), job{}); err != nil {
		t.Fatal(err)
	}
	if err := eventstest.Receive(t, "end of the context", ended); !errors.Is(err, work.ErrSuperseded) {
		t.Errorf("cause %v, want %v", err, work.ErrSuperseded)
	}
	hangs.Store(false)
	release()
	empty(t, bus)
}
