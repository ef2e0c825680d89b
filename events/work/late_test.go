package work_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/work"
)

// TestKnownBeforeLate: a request that comes again after it has become too old is known
// as long as its row is open or its end is remembered, and a late one only if nobody
// ever took it. One that is so old that its end may be forgotten is neither.
func TestKnownBeforeLate(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	var passed atomic.Int64
	d := deps(t, bus, "one")
	d.Now = func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	var calls atomic.Int64
	q, err := work.Open(t.Context(), d, config())
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]events.Meta{"open": asked("e-open", 0), "ended": asked("e-ended", 0), "new": asked("e-new", 0)}
	if err := q.Add(t.Context(), "ended", m["ended"], job{}); err != nil {
		t.Fatal(err)
	}
	stop := run(t, q, func(context.Context, *work.Claim[job]) error { calls.Add(1); return nil })
	empty(t, bus)
	stop()
	if err := q.Add(t.Context(), "open", m["open"], job{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		age  time.Duration
		id   string
		want error
		not  error
	}{
		{25 * time.Hour, "open", work.ErrKnown, work.ErrLate},
		{25 * time.Hour, "ended", work.ErrKnown, work.ErrLate},
		{25 * time.Hour, "new", work.ErrLate, work.ErrForgotten},
		{8 * 24 * time.Hour, "open", work.ErrKnown, work.ErrLate},
		{8 * 24 * time.Hour, "ended", work.ErrKnown, work.ErrLate},
		{8 * 24 * time.Hour, "new", work.ErrForgotten, work.ErrKnown},
	} {
		passed.Store(int64(c.age))
		if err := q.Add(t.Context(), c.id, m[c.id], job{}); !errors.Is(err, c.want) || errors.Is(err, c.not) {
			t.Errorf("%s after %s: got %v, want %v and not %v", c.id, c.age, err, c.want, c.not)
		}
	}
	if !errors.Is(work.ErrForgotten, work.ErrLate) {
		t.Error("what is forgotten is not late")
	}
	if calls.Load() != 1 {
		t.Errorf("%d calls, want one for the row that has ended", calls.Load())
	}
}

// TestForget: a row whose summary was dropped is known all the same.
func TestForget(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	q := open(t, bus, "one", func(c *work.Config[job]) { c.Summary = func(work.Row[job]) any { return "all about it" } })
	if err := q.Add(t.Context(), "a", asked("e", 0), job{}); err != nil {
		t.Fatal(err)
	}
	run(t, q, func(context.Context, *work.Claim[job]) error { return nil })
	empty(t, bus)
	for range 2 {
		if err := q.Forget(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Forget(t.Context(), "never-was"); err != nil {
		t.Fatal(err)
	}
	past, err := q.Past(t.Context(), "a")
	if err != nil || past.Summary != nil || past.ID != "a" {
		t.Errorf("remembered is %+v, %v", past, err)
	}
	if err := q.Add(t.Context(), "a", asked("e", 0), job{}); !errors.Is(err, work.ErrKnown) {
		t.Errorf("got %v, want %v", err, work.ErrKnown)
	}
}

// TestUnknownPast: while nobody can read what is remembered, nothing is recorded.
func TestUnknownPast(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	d := deps(t, bus, "one")
	broken := errors.New("the disk is broken")
	d.Store = eventstest.Intercept(bus, func(_ context.Context, op eventstest.Op, call func() error) error {
		if op.Bucket == "jobs_ended" {
			return broken
		}
		return call()
	})
	q, err := work.Open(t.Context(), d, config())
	if err != nil {
		t.Fatal(err)
	}
	for _, age := range []time.Duration{0, 25 * time.Hour, 30 * 24 * time.Hour} {
		if err := q.Add(t.Context(), "a", asked("e", age), job{}); !errors.Is(err, broken) {
			t.Errorf("%s old: got %v, want %v", age, err, broken)
		}
	}
	if rows, err := q.Open(t.Context()); err != nil || len(rows) > 0 {
		t.Errorf("recorded: %v, %v", rows, err)
	}
}
