package chaos_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

// TestStalledReplicaHitsNothing: a replica is stopped after it has written down that it
// sends the injection, and goes on an hour later, before any of its timers has run. The
// fault may have been closed by then.
func TestStalledReplicaHitsNothing(t *testing.T) {
	for name, own := range map[string]time.Duration{"the common bound": 0, "a bound of the kind": eventstest.Patience} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, l := chaostest.New(t), newLamps(3)
			l.injectTimeout = own
			d := r.Deps("a", l)
			var ahead atomic.Int64
			d.Stamp.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			d.Checkpoint = func(step string) {
				if step == "sending" {
					ahead.Store(int64(time.Hour))
				}
			}
			r.Serve(d)
			r.Ask(request("f1"))
			if past := r.Closed(); past.Outcome != chaos.OutcomeFailed {
				t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
			}
			if _, victims := l.mostHits(); victims != 0 {
				t.Errorf("%d lamps were hit after the stall", victims)
			}
		})
	}
}

// slow is a kind whose injections are done as late as they may be, and are not answered;
// began is called when one begins.
type slow struct {
	*lamps
	began func()
}

func (s slow) Inject(ctx context.Context, o chaos.Order, v events.Victim) error {
	s.began()
	<-ctx.Done()
	_ = s.lamps.Inject(context.WithoutCancel(events.WithFence(ctx, func() error { return nil })), o, v)
	return ctx.Err()
}

// TestOtherReplicaWaitsOutTheBound: a replica sends an injection, which is done at the end
// of its time, and cannot reach the store any more meanwhile. The replica that takes the fault
// over does not say before that the victim lives on.
func TestOtherReplicaWaitsOutTheBound(t *testing.T) {
	t.Parallel()
	r, l := chaostest.New(t), newLamps(3)
	r.Lease = 5 * time.Second
	cut := make(chan struct{})
	d := r.Deps("a", slow{l, sync.OnceFunc(func() { close(cut) })})
	d.Store = eventstest.Intercept(d.Store, func(_ context.Context, _ eventstest.Op, call func() error) error {
		select {
		case <-cut:
			return chaostest.ErrDead
		default:
			return call()
		}
	})
	r.Serve(d)
	r.Ask(request("f1"))
	<-cut
	r.Serve(r.Deps("b", l))
	if failed := chaostest.Await(r, events.FaultFailedTopic); len(failed.Victims) != 1 {
		t.Errorf("failed: %+v, want the victim that was hit", failed)
	}
	if most, victims := l.mostHits(); most != 1 || victims != 1 {
		t.Errorf("%d lamps were hit, one %d times", victims, most)
	}
	r.Closed()
}
