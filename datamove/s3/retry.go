package s3

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/datamove/pace"
	"github.com/shakedown-dev/shakedown/events"
)

const (
	pauseFirst = 50 * time.Millisecond
	pauseMost  = 5 * time.Second
)

// jitter is a source of randomness for several goroutines.
type jitter struct {
	mu   sync.Mutex
	rand *rand.Rand
}

// around is between half of d and one and a half of it.
func (j *jitter) around(d time.Duration) time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	return d/2 + time.Duration(j.rand.Int64N(int64(d)+1))
}

// retrier does requests again while their errors may pass.
type retrier struct {
	// patience bounds how long a server may say that there are too many requests, down
	// how long it may not answer or fail.
	patience, down time.Duration
	jitter         *jitter
}

// try does one request, again while its error may pass. It holds a slot of every
// limiter for each try and none in the pauses. What names the request for errors:
// "copying KEY".
func (r *retrier) try(ctx context.Context, what string, now func() time.Time, slots []*limiter, request func(ctx context.Context) error) error {
	var began time.Time
	for pause := pauseFirst; ; pause = min(pauseMost, 2*pause) {
		err := r.attempt(ctx, slots, request)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("%s: %w", what, context.Cause(ctx))
		case began.IsZero():
			began = now()
		}
		if err := r.final(what, err, now().Sub(began)); err != nil {
			return err
		}
		if err := pace.Wait(ctx, r.jitter.around(pause)); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

// final is the error of a request that is not tried again, nil for one that is.
func (r *retrier) final(what string, err error, since time.Duration) error {
	bound := r.down
	switch classify(err) {
	case expired:
		return events.Errorf(events.KindUnavailable, "give new credentials", "%s: the session of the key pair has ended: %w", what, err)
	case throttled:
		bound = r.patience
	case passing:
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
	if since > bound {
		return events.Errorf(events.KindUnavailable, "see that the server is well", "%s: given up after %s: %w", what, bound, err)
	}
	return nil
}

// attempt is one try with a slot of each limiter.
func (r *retrier) attempt(ctx context.Context, slots []*limiter, request func(ctx context.Context) error) error {
	for i, l := range slots {
		if err := l.acquire(ctx); err != nil {
			for _, held := range slots[:i] {
				held.free()
			}
			return err
		}
	}
	began := slots[0].now()
	err := request(ctx)
	for _, l := range slots {
		if rest := l.settle(loadOf(err), began); rest > 0 {
			_ = pace.Wait(ctx, r.jitter.around(rest)) // the caller checks ctx next
		}
		l.free()
	}
	return err
}
