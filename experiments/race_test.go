package experiments

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// slowClaim is a store in which the first write of one row, its claim, is on its way
// until a test lets it arrive.
type slowClaim struct {
	events.Store
	writes atomic.Int64
	// sent is closed when the claim is on its way, arrive by the test, and next when the
	// row is written once more.
	sent, arrive, next chan struct{}
	// lost says that somebody else is quicker with the claim.
	lost bool
}

func newSlowClaim(store events.Store, key string) *slowClaim {
	s := &slowClaim{sent: make(chan struct{}), arrive: make(chan struct{}), next: make(chan struct{})}
	s.Store = eventstest.Intercept(store, func(_ context.Context, op eventstest.Op, call func() error) error {
		if op.Name != "update" || op.Key != key {
			return call()
		}
		switch s.writes.Add(1) {
		case 1:
			close(s.sent)
			if s.lost {
				return events.ErrConflict
			}
			<-s.arrive
		case 2:
			close(s.next)
		}
		return call()
	})
	return s
}

// TestOneRunInOnePlace: while the claim of a run is on its way, another server claims one
// in the same place that was asked for before. Only one of them begins.
func TestOneRunInOnePlace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	slow := newSlowClaim(r.bus, "run-late")
	r.server(func(d *Deps) { d.Store, d.Owner, d.Config.Parallel = slow, "server-2", 1 })
	r.start("run-late", quick(nil))
	<-slow.sent
	raw, err := json.Marshal(quick(nil))
	if err != nil {
		t.Fatal(err)
	}
	m := events.Meta{ID: "early", Source: "test", Time: time.Now().Add(-10 * time.Second)}
	if err := events.RunStartTopic.Publish(t.Context(), r.bus, m, events.RunStart{Run: "run-early", Spec: raw, Namespace: "shop"}); err != nil {
		t.Fatal(err)
	}
	taken, behind := newCrasher(r.bus, "run taken"), newSlowClaim(r.bus, "run-late")
	behind.lost = true
	r.server(func(d *Deps) {
		d.Store = behind
		d.Checkpoint = func(step string) {
			if step != "run taken" {
				return
			}
			taken.checkpoint(step)
			select {
			case <-slow.next:
			case <-t.Context().Done():
			}
		}
	})
	taken.wait(t)
	close(slow.arrive)
	early, late := r.finished("run-early"), r.finished("run-late")
	wantVerdict(t, early, record.Passed, "")
	wantVerdict(t, late, record.Passed, "")
	if late.Started.Before(early.Ended) && early.Started.Before(late.Ended) {
		t.Errorf("run-early lasted from %s to %s, run-late from %s to %s", early.Started, early.Ended, late.Started, late.Ended)
	}
}
