package chaos_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
)

// slowStore answers no list of the ledger any more whose time is bounded, once it is busy.
type slowStore struct {
	events.Store
	busy *atomic.Bool
}

func (s slowStore) KV(ctx context.Context, b events.Bucket) (events.KV, error) {
	kv, err := s.Store.KV(ctx, b)
	if b.Name != chaos.LedgerName {
		return kv, err
	}
	return slowKV{kv, s.busy}, err
}

type slowKV struct {
	events.KV
	busy *atomic.Bool
}

func (k slowKV) List(ctx context.Context) ([]events.Entry, error) {
	if _, bounded := ctx.Deadline(); bounded && k.busy.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return k.KV.List(ctx)
}

// TestSlowStopNamesWhatItEnded: where the faults of before cannot be read in time, since
// the stop does not wait, the answer names those that it has ended all the same.
func TestSlowStopNamesWhatItEnded(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	l.dark = true
	var busy atomic.Bool
	d := r.Deps("a", l)
	d.Store = slowStore{d.Store, &busy}
	r.Serve(d)
	r.Ask(request("f1"))
	chaostest.Await(r, events.FaultInjectedTopic)
	busy.Store(true)
	if state := stopAll(t, r); !slices.Equal(state.Reverted, []string{"f1"}) || len(state.Open) > 0 {
		t.Errorf("stop: %+v", state)
	}
}
