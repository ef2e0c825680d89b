package s3

import (
	"context"
	"sync"
	"time"
)

// Bounds of the concurrency of one endpoint.
const (
	limitStart = 16
	limitMost  = 256
	// slower is how much slower than ever a window may be before more requests at
	// once are of no use.
	slower = 2
)

// outcome is how a request ended, for its endpoint's limiter.
type outcome int

const (
	wentWell outcome = iota
	// overload is SlowDown, 503, 429 and timeouts.
	overload
	// nothingSaid is every other error: it tells nothing of the load.
	nothingSaid
)

// limiter bounds the requests at one endpoint: additive increase while all goes
// well and no slower, half after overload, once for all requests that were under
// way then.
type limiter struct {
	mu       sync.Mutex
	now      func() time.Time
	limit    float64
	most     float64
	inflight int
	waiting  []chan struct{}

	// The window that goes on.
	good  int
	spent time.Duration
	best  time.Duration
	// cut is when the limit was last halved.
	cut time.Time
}

func newLimiter(most int, now func() time.Time) *limiter {
	if most <= 0 {
		most = limitMost
	}
	return &limiter{now: now, limit: float64(min(limitStart, most)), most: float64(most)}
}

// acquire waits for a slot.
func (l *limiter) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	if len(l.waiting) == 0 && l.inflight < int(l.limit) {
		l.inflight++
		l.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	l.waiting = append(l.waiting, turn)
	l.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		l.leave(turn)
		return ctx.Err()
	}
}

// leave gives a turn back that nobody waits for any more.
func (l *limiter) leave(turn chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, t := range l.waiting {
		if t == turn {
			l.waiting = append(l.waiting[:i], l.waiting[i+1:]...)
			return
		}
	}
	l.inflight-- // it had been given just then
	l.admit()
}

// release gives a slot back that was taken at began.
func (l *limiter) release(o outcome, began time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inflight--
	switch o {
	case overload:
		l.halve(began)
	case wentWell:
		l.grow(l.now().Sub(began))
	case nothingSaid:
	}
	l.admit()
}

func (l *limiter) halve(began time.Time) {
	if began.Before(l.cut) {
		return
	}
	l.limit, l.cut = max(1, l.limit/2), l.now()
	l.good, l.spent = 0, 0
}

// grow adds one to the limit for each window, which is as many good requests as
// may be under way.
func (l *limiter) grow(took time.Duration) {
	l.good++
	l.spent += took
	if l.good < int(l.limit) {
		return
	}
	mean := l.spent / time.Duration(l.good)
	if l.best == 0 || mean < l.best {
		l.best = mean
	}
	if mean <= slower*l.best {
		l.limit = min(l.most, l.limit+1)
	}
	l.good, l.spent = 0, 0
}

// admit lets those in who wait.
func (l *limiter) admit() {
	for len(l.waiting) > 0 && l.inflight < int(l.limit) {
		close(l.waiting[0])
		l.waiting = l.waiting[1:]
		l.inflight++
	}
}

// current is the limit as it is.
func (l *limiter) current() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(l.limit)
}
