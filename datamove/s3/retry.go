package s3

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/datamove/pace"
	"github.com/shakedown-dev/shakedown/events"
)

const (
	pauseFirst = 50 * time.Millisecond
	pauseMost  = 5 * time.Second
)

// dice is a source of randomness for several goroutines.
type dice struct {
	mu   sync.Mutex
	rand *rand.Rand
}

// spread is between half of d and one and a half of it.
func (d *dice) spread(of time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return of/2 + time.Duration(d.rand.Int64N(int64(of)+1))
}

// try does one request, again while its error may pass. It holds a slot of every
// end's limiter for each try and none in the pauses. What names the request for
// errors: "copying KEY".
func (a *Adapter) try(ctx context.Context, what string, do func(ctx context.Context) error, ends ...*end) error {
	var began time.Time
	pause := pauseFirst
	for {
		err := a.attempt(ctx, do, limiters(ends))
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", what, context.Cause(ctx))
		}
		kind := judge(err)
		now := ends[0].now()
		if began.IsZero() {
			began = now
		}
		if kind == expired {
			return events.Errorf(events.KindUnavailable, "give new credentials", "%s: the session of the key pair has ended: %w", what, err)
		}
		if kind != throttled && kind != passing {
			return fmt.Errorf("%s: %w", what, err)
		}
		bound := map[fault]time.Duration{throttled: a.opts.Patience, passing: a.opts.Down}[kind]
		if now.Sub(began) > bound {
			return events.Errorf(events.KindUnavailable, "see that the server is well",
				"%s: given up after %s: %w", what, bound, err)
		}
		if err := pace.Wait(ctx, a.dice.spread(pause)); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		pause = min(pauseMost, 2*pause)
	}
}

// limiters are those of the ends, each once.
func limiters(ends []*end) []*limiter {
	var all []*limiter
	for _, e := range ends {
		if !slices.Contains(all, e.limit) {
			all = append(all, e.limit)
		}
	}
	return all
}

// attempt is one try with a slot of each limiter.
func (a *Adapter) attempt(ctx context.Context, do func(ctx context.Context) error, slots []*limiter) error {
	for i, l := range slots {
		if err := l.acquire(ctx); err != nil {
			for _, held := range slots[:i] {
				held.free()
			}
			return err
		}
	}
	began := slots[0].now()
	err := do(ctx)
	for _, l := range slots {
		if rest := l.settle(outcomeOf(err), began); rest > 0 {
			_ = pace.Wait(ctx, a.dice.spread(rest)) // the caller looks at ctx next
		}
		l.free()
	}
	return err
}
