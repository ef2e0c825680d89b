package s3

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// turn does n requests that take so long and end so.
func turn(t *testing.T, l *limiter, c *clock, n int, took time.Duration, o load) {
	t.Helper()
	for range n {
		if err := l.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := c.Now()
		c.pass(took)
		l.release(o, began)
	}
}

func TestLimiterGrowsAndHalves(t *testing.T) {
	c := &clock{now: time.Unix(1, 0)}
	l := newLimiter(0, c.Now)
	for _, step := range []struct {
		name string
		n    int
		took time.Duration
		load load
		want int
	}{
		{"a clean window", 16, time.Millisecond, served, 17},
		{"a slow window", 17, 10 * time.Millisecond, served, 17},
		{"overload", 1, time.Millisecond, overloaded, 8},
		{"much overload", 20, time.Millisecond, overloaded, 1},
		{"errors that say nothing", 100, time.Millisecond, inconclusive, 1},
		{"many clean windows", 1000_00, time.Millisecond, served, limitMost},
	} {
		turn(t, l, c, step.n, step.took, step.load)
		if l.current() != step.want {
			t.Errorf("after %s the limit is %d, want %d", step.name, l.current(), step.want)
		}
	}
}

func TestLimiterHalvesOnceForThoseUnderWay(t *testing.T) {
	c := &clock{now: time.Unix(1, 0)}
	l := newLimiter(0, c.Now)
	began := c.Now()
	for range 10 {
		_ = l.acquire(t.Context())
	}
	c.pass(time.Second)
	for range 10 {
		l.release(overloaded, began)
	}
	if l.current() != 8 {
		t.Errorf("ten that were under way made the limit %d", l.current())
	}
}

// TestLimiterHoldsItsLimit has many at it at once, some of whom give up.
func TestLimiterHoldsItsLimit(t *testing.T) {
	l := newLimiter(4, time.Now)
	var now, most atomic.Int64
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(i)))
			for range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(200))*time.Microsecond)
				if l.acquire(ctx) == nil {
					if n := now.Add(1); n > most.Load() {
						most.Store(n)
					}
					now.Add(-1)
					l.release(inconclusive, time.Time{})
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if most.Load() > 4 || l.inflight != 0 || len(l.waiting) != 0 {
		t.Errorf("at most %d at once, %d under way, %d wait", most.Load(), l.inflight, len(l.waiting))
	}
}

// FuzzLimiter wants the limit between its bounds whatever happens.
func FuzzLimiter(f *testing.F) {
	f.Add([]byte{0, 1, 2, 0, 0})
	f.Fuzz(func(t *testing.T, moves []byte) {
		c := &clock{now: time.Unix(1, 0)}
		l := newLimiter(32, c.Now)
		for _, m := range moves {
			turn(t, l, c, 1, time.Duration(m), load(m%3))
			if n := l.current(); n < 1 || n > 32 || l.inflight != 0 {
				t.Fatalf("limit %d with %d under way", n, l.inflight)
			}
		}
	})
}
