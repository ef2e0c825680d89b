package work_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/work"
)

func TestHandledOnce(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	q := open(t, bus, "one", func(c *work.Config[job]) {
		c.Summary = func(r work.Row[job]) any { return r.Body.Want }
	})
	var calls atomic.Int64
	run(t, q, func(context.Context, *work.Claim[job]) error { calls.Add(1); return nil })
	for range 3 {
		if err := q.Add(t.Context(), "a", asked("e1", 0), job{Want: "x"}); err != nil && !errors.Is(err, work.ErrKnown) {
			t.Fatal(err)
		}
	}
	empty(t, bus)
	for _, id := range []string{"e1", "e2"} {
		if err := q.Add(t.Context(), "a", asked(id, 0), job{}); !errors.Is(err, work.ErrKnown) {
			t.Errorf("event %s for a row that has ended: got %v, want %v", id, err, work.ErrKnown)
		}
	}
	if calls.Load() != 1 {
		t.Errorf("the handler was called %d times, want once", calls.Load())
	}
	past, err := q.Past(t.Context(), "a")
	if err != nil || string(past.Summary) != `"x"` || past.Asked.ID != "e1" || past.Ended.IsZero() {
		t.Errorf("its end is remembered as %+v, %v", past, err)
	}
	if _, err := q.Get(t.Context(), "a"); !errors.Is(err, events.ErrNotFound) {
		t.Errorf("the row is still there: %v", err)
	}
}

func TestLate(t *testing.T) {
	t.Parallel()
	q := open(t, bus(t), "one")
	if err := q.Add(t.Context(), "a", asked("e1", 25*time.Hour), job{}); !errors.Is(err, work.ErrLate) {
		t.Errorf("got %v, want %v", err, work.ErrLate)
	}
	if rows, err := q.Open(t.Context()); err != nil || len(rows) != 0 {
		t.Errorf("it was recorded all the same: %v, %v", rows, err)
	}
}

// TestSuperseded: a later request ends the work on an earlier one and is worked on
// at once; an earlier one that comes late changes nothing.
func TestSuperseded(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	q := open(t, bus, "one", func(c *work.Config[job]) { c.Latest = true; c.Pause, c.MaxPause = time.Hour, time.Hour })
	began, causes := make(chan string, 8), make(chan error, 8)
	run(t, q, func(ctx context.Context, c *work.Claim[job]) error {
		want := c.Row().Body.Want
		began <- want
		if want == "new" {
			return nil
		}
		<-ctx.Done()
		causes <- context.Cause(ctx)
		if _, err := c.Update(ctx, nil); !errors.Is(err, work.ErrSuperseded) {
			t.Errorf("a write for the old request: got %v, want %v", err, work.ErrSuperseded)
		}
		return ctx.Err()
	})
	if err := q.Add(t.Context(), "env", asked("old", time.Minute), job{Want: "old"}); err != nil {
		t.Fatal(err)
	}
	if got := eventstest.Receive(t, "work", began); got != "old" {
		t.Fatalf("began with %q", got)
	}
	if err := q.Add(t.Context(), "env", asked("older", time.Hour), job{Want: "older"}); !errors.Is(err, work.ErrLate) {
		t.Errorf("an earlier request: got %v, want %v", err, work.ErrLate)
	}
	if err := q.Add(t.Context(), "env", asked("new", 0), job{Want: "new"}); err != nil {
		t.Fatal(err)
	}
	if err := eventstest.Receive(t, "cause", causes); !errors.Is(err, work.ErrSuperseded) {
		t.Errorf("cause %v, want %v", err, work.ErrSuperseded)
	}
	if got := eventstest.Receive(t, "work", began); got != "new" {
		t.Errorf("went on with %q, want new", got)
	}
	empty(t, bus)
	if err := q.Add(t.Context(), "env", asked("between", 30*time.Second), job{Want: "between"}); !errors.Is(err, work.ErrLate) {
		t.Errorf("a request older than the one that has ended: got %v, want %v", err, work.ErrLate)
	}
}

// TestSupersededByAnotherServer: who holds the row hears of the later request
// although another server recorded it.
func TestSupersededByAnotherServer(t *testing.T) {
	t.Parallel()
	access := natsbustest.Start(t, t.TempDir()).Access()
	latest := func(c *work.Config[job]) { c.Latest = true }
	holder := open(t, natsbustest.Connect(t, access), "holder", latest)
	other := open(t, natsbustest.Connect(t, access), "other", latest)
	began, causes := make(chan string, 4), make(chan error, 4)
	run(t, holder, func(ctx context.Context, c *work.Claim[job]) error {
		began <- c.Row().Body.Want
		if c.Row().Body.Want == "new" {
			return nil
		}
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return nil
	})
	if err := other.Add(t.Context(), "env", asked("old", time.Minute), job{Want: "old"}); err != nil {
		t.Fatal(err)
	}
	eventstest.Receive(t, "work", began)
	if err := other.Add(t.Context(), "env", asked("new", 0), job{Want: "new"}); err != nil {
		t.Fatal(err)
	}
	if err := eventstest.Receive(t, "cause", causes); !errors.Is(err, work.ErrSuperseded) {
		t.Errorf("cause %v, want %v", err, work.ErrSuperseded)
	}
	if got := eventstest.Receive(t, "work", began); got != "new" {
		t.Errorf("went on with %q, want new", got)
	}
}

func TestRetried(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	q := open(t, bus, "one")
	attempts := make(chan int, 8)
	run(t, q, func(_ context.Context, c *work.Claim[job]) error {
		attempts <- c.Row().Attempts
		switch c.Row().Attempts {
		case 0:
			return errors.New("not yet")
		case 1:
			panic("not yet either")
		}
		return nil
	})
	if err := q.Add(t.Context(), "a", asked("e", 0), job{}); err != nil {
		t.Fatal(err)
	}
	var got []int
	for range 3 {
		got = append(got, eventstest.Receive(t, "attempt", attempts))
	}
	if diff := cmp.Diff([]int{0, 1, 2}, got); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	empty(t, bus)
}

// TestShared: many servers, many rows, each row is worked on by one of them, and
// no server takes more than it may.
func TestShared(t *testing.T) {
	t.Parallel()
	const servers, rows, parallel = 4, 60, 3
	access := natsbustest.Start(t, t.TempDir()).Access()
	bus := natsbustest.Connect(t, access)
	var mu sync.Mutex
	seen := map[string]int{}
	var queues []*work.Queue[job]
	for i := range servers {
		q := open(t, natsbustest.Connect(t, access), fmt.Sprint("server-", i), func(c *work.Config[job]) { c.Parallel = parallel })
		var here atomic.Int64
		run(t, q, func(_ context.Context, c *work.Claim[job]) error {
			if n := here.Add(1); n > parallel {
				t.Errorf("%d rows at once in one server, want at most %d", n, parallel)
			}
			defer here.Add(-1)
			mu.Lock()
			defer mu.Unlock()
			seen[c.Row().ID]++
			return nil
		})
		queues = append(queues, q)
	}
	for i := range rows {
		if err := queues[i%servers].Add(t.Context(), fmt.Sprint("row-", i), asked(fmt.Sprint("e", i), 0), job{}); err != nil {
			t.Fatal(err)
		}
	}
	empty(t, bus)
	mu.Lock()
	defer mu.Unlock()
	for i := range rows {
		if n := seen[fmt.Sprint("row-", i)]; n != 1 {
			t.Errorf("row %d was worked on %d times, want once", i, n)
		}
	}
}

// TestGivenBack: a server that stops gives its rows to another at once, long
// before their leases lapse.
func TestGivenBack(t *testing.T) {
	t.Parallel()
	access := natsbustest.Start(t, t.TempDir()).Access()
	long := func(c *work.Config[job]) { c.Lease = time.Hour }
	bus := natsbustest.Connect(t, access)
	first := open(t, natsbustest.Connect(t, access), "first", long)
	second := open(t, bus, "second", long)
	began := make(chan struct{})
	stop := run(t, first, func(ctx context.Context, _ *work.Claim[job]) error { close(began); <-ctx.Done(); return ctx.Err() })
	if err := first.Add(t.Context(), "a", asked("e", 0), job{}); err != nil {
		t.Fatal(err)
	}
	eventstest.Receive(t, "start", began)
	attempts := make(chan int, 1)
	run(t, second, func(_ context.Context, c *work.Claim[job]) error { attempts <- c.Row().Attempts; return nil })
	stop()
	if n := eventstest.Receive(t, "second server's turn", attempts); n != 0 {
		t.Errorf("the end of a server counts as %d failed attempts", n)
	}
	empty(t, bus)
}

// TestChanged: what somebody else writes into the body reaches the holder, and the
// holder's own change is made on top of it.
func TestChanged(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	q := open(t, bus, "one")
	began, bodies := make(chan struct{}), make(chan job, 1)
	run(t, q, func(ctx context.Context, c *work.Claim[job]) error {
		close(began)
		eventstest.Receive(t, "change", c.Changed())
		row, err := c.Update(ctx, func(r *work.Row[job]) error { r.Body.Steps++; return nil })
		bodies <- row.Body
		return err
	})
	if err := q.Add(t.Context(), "a", asked("e", 0), job{Want: "x"}); err != nil {
		t.Fatal(err)
	}
	eventstest.Receive(t, "start", began)
	if _, err := q.Modify(t.Context(), "a", func(j *job) error { j.Want = "y"; return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(job{Want: "y", Steps: 1}, eventstest.Receive(t, "body", bodies)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	empty(t, bus)
	if _, err := q.Modify(t.Context(), "a", func(*job) error { return nil }); !errors.Is(err, events.ErrNotFound) {
		t.Errorf("a row that has ended: got %v, want %v", err, events.ErrNotFound)
	}
}

// TestTurns: the hook decides who may begin, and when to ask again.
func TestTurns(t *testing.T) {
	t.Parallel()
	opened := time.Now().Add(300 * time.Millisecond)
	q := open(t, bus(t), "one", func(c *work.Config[job]) {
		c.Turns = func(open []work.Row[job], now time.Time) ([]string, time.Time) {
			if now.Before(opened) {
				return nil, opened
			}
			var ids []string
			for _, r := range open {
				if r.Body.Want != "never" {
					ids = append(ids, r.ID)
				}
			}
			return ids, time.Time{}
		}
	})
	order := make(chan string, 4)
	run(t, q, func(_ context.Context, c *work.Claim[job]) error {
		if time.Now().Before(opened) {
			t.Error("it began before its time")
		}
		order <- c.Row().ID
		return nil
	})
	for id, want := range map[string]string{"a": "never", "b": "now"} {
		if err := q.Add(t.Context(), id, asked(id, 0), job{Want: want}); err != nil {
			t.Fatal(err)
		}
	}
	if got := eventstest.Receive(t, "turn", order); got != "b" {
		t.Errorf("it was %s's turn, want b's", got)
	}
}

// TestRenewedBesideLongWork: work that takes several times its lease keeps it.
func TestRenewedBesideLongWork(t *testing.T) {
	t.Parallel()
	access := natsbustest.Start(t, t.TempDir()).Access()
	bus := natsbustest.Connect(t, access)
	first := open(t, natsbustest.Connect(t, access), "first")
	second := open(t, bus, "second")
	var calls atomic.Int64
	handle := func(ctx context.Context, c *work.Claim[job]) error {
		calls.Add(1)
		if !events.Wait(ctx, 3*time.Second) { // three leases
			t.Errorf("the work was ended: %v", context.Cause(ctx))
		}
		return events.CheckFence(ctx)
	}
	run(t, first, handle)
	run(t, second, handle)
	if err := first.Add(t.Context(), "a", asked("e", 0), job{}); err != nil {
		t.Fatal(err)
	}
	empty(t, bus)
	if calls.Load() != 1 {
		t.Errorf("%d handlers began, want one", calls.Load())
	}
}
