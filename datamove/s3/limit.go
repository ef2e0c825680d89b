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

// load is what the end of a request says of the load of its endpoint.
type load int

const (
	served load = iota
	// overload is SlowDown, 503, 429 and timeouts.
	overloaded
	// inconclusive is every other error: it says nothing of the load.
	inconclusive
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
	// halved is when the limit was last halved, refused counts overload since it last
	// went well.
	halved  time.Time
	refused int
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
func (l *limiter) release(o load, began time.Time) {
	l.settle(o, began)
	l.free()
}

// settle learns from how a request went and returns how long its slot should rest
// before it is given back: at a server that refuses even one request at a time,
// longer each time.
func (l *limiter) settle(o load, began time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch o {
	case overloaded:
		l.halve(began)
		l.refused++
	case served:
		l.refused = 0
		l.grow(l.now().Sub(began))
	case inconclusive:
	}
	if o != overloaded || l.limit >= 2 {
		return 0
	}
	return min(pauseMost, pauseFirst<<min(l.refused, 10))
}

// free gives a slot back.
func (l *limiter) free() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inflight--
	l.admit()
}

func (l *limiter) halve(began time.Time) {
	if began.Before(l.halved) {
		return
	}
	l.limit, l.halved = max(1, l.limit/2), l.now()
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
