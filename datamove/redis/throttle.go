package redis

import (
	"context"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove/pace"
)

// throttle is how kind a copy is to the source.
type throttle struct {
	pacer      *pace.Pacer
	maxLatency time.Duration
	source     goredis.UniversalClient
	now        func() time.Time

	mu sync.Mutex
	// pinged is when the source was last asked how it is.
	pinged time.Time
}

// pingEvery is how often the source is asked, while it is well.
const pingEvery = 100 * time.Millisecond

// took is called after bytes were read, and returns when more may be.
func (t *throttle) took(ctx context.Context, bytes int64) error {
	if err := t.pacer.Took(ctx, bytes); err != nil || t.maxLatency <= 0 {
		return err
	}
	return t.recover(ctx)
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
		if err := pace.Wait(ctx, pingEvery); err != nil {
			return err
		}
	}
}
