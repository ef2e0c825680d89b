package redis

import (
	"context"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// throttle is how kind a copy is to the source.
type throttle struct {
	perSecond  int64
	maxLatency time.Duration
	source     goredis.UniversalClient
	now        func() time.Time

	mu sync.Mutex
	// free is when the next bytes may be read.
	free time.Time
	// pinged is when the source was last asked how it is.
	pinged time.Time
}

// pingEvery is how often the source is asked, while it is well.
const pingEvery = 100 * time.Millisecond

// took is called after bytes were read, and returns when more may be.
func (t *throttle) took(ctx context.Context, bytes int64) error {
	if t.perSecond > 0 {
		if err := wait(ctx, t.reserve(t.now(), bytes)); err != nil {
			return err
		}
	}
	if t.maxLatency > 0 {
		return t.recover(ctx)
	}
	return nil
}

// reserve says how long to wait for the bytes that were read.
func (t *throttle) reserve(now time.Time, bytes int64) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.free.Before(now) {
		t.free = now
	}
	t.free = t.free.Add(time.Duration(float64(bytes) / float64(t.perSecond) * float64(time.Second)))
	return t.free.Sub(now)
}

// recover waits while the source is slow; one worker asks, the others wait for it.
func (t *throttle) recover(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now().Sub(t.pinged) < pingEvery {
		return nil
	}
	for {
		began := t.now()
		if err := t.source.Ping(ctx).Err(); err != nil {
			return err
		}
		t.pinged = t.now()
		if t.pinged.Sub(began) <= t.maxLatency {
			return nil
		}
		if err := wait(ctx, pingEvery); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
