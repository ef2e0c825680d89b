package chaos_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

var errShaky = errors.New("the store does not answer")

// shakyStore lets writes of the ledger and the watch of the stop fail.
type shakyStore struct {
	events.Store
	// asks says whether an order to end the fault of that key may be written.
	asks func(key string) bool
	// broken ends the watch of the stop when it is sent to, and once more when it has
	// ended.
	broken chan struct{}
}

func (s shakyStore) KV(ctx context.Context, b events.Bucket) (events.KV, error) {
	kv, err := s.Store.KV(ctx, b)
	return shakyKV{kv, s, b.Name}, err
}

type shakyKV struct {
	events.KV
	store  shakyStore
	bucket string
}

func (k shakyKV) Update(ctx context.Context, key string, value []byte, was uint64) (uint64, error) {
	if k.bucket == chaos.LedgerName && bytes.Contains(value, []byte(`"endAsked"`)) && !k.store.asks(key) {
		return 0, errShaky
	}
	return k.KV.Update(ctx, key, value, was)
}

func (k shakyKV) Watch(ctx context.Context, show func(events.Entry) bool, caughtUp func()) error {
	if k.bucket != "chaos_stop" || k.store.broken == nil {
		return k.KV.Watch(ctx, show, caughtUp)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var breaking sync.WaitGroup
	defer breaking.Wait()
	breaking.Go(func() {
		select {
		case <-k.store.broken:
			cancel(errShaky)
		case <-ctx.Done():
		}
	})
	err := k.KV.Watch(ctx, show, caughtUp)
	cancel(err)
	if errors.Is(context.Cause(ctx), errShaky) {
		<-k.store.broken
		return errShaky
	}
	return err
}

// mute is a bus that does not take events of that type.
type mute struct {
	events.Bus
	kind string
}

func (b mute) Publish(ctx context.Context, e events.Envelope) error {
	if e.Type == b.kind {
		return errShaky
	}
	return b.Bus.Publish(ctx, e)
}

// leaveDark leaves n open faults whose lamps stay dark, each on a lamp of its own.
func leaveDark(r *chaostest.Rig, l *lamps, n int, prefix string) {
	l.dark = true
	for i := range n {
		e, id := left(0), fmt.Sprintf("lamp-%d", i+1)
		e.Fault = fmt.Sprintf("%s%d", prefix, i+1)
		e.Request.Fault = e.Fault
		e.Victims[0].ID, e.Victims[0].Name = id, id
		e.Opened = e.Opened.Add(time.Duration(i) * time.Second)
		r.Leave(e)
	}
}

func awaitWatched(t testing.TB, r *chaostest.Rig, l *lamps, n int) {
	t.Helper()
	eventstest.Eventually(t, "the faults are followed", func() bool { return l.tries() >= n })
	eventstest.Eventually(t, "the faults are watched", func() bool { return watched(r) >= min(n, len(l.ids)) })
}

func watched(r *chaostest.Rig) int {
	n := 0
	for _, row := range r.Open() {
		if row.Lease.Owner != "gone" && row.Body.State == chaos.StateRecovering {
			n++
		}
	}
	return n
}

// TestStopGoesOnTrying: a fault that cannot be asked to end keeps the stop neither
// from the others nor from trying again.
func TestStopGoesOnTrying(t *testing.T) {
	for _, tc := range []struct {
		name string
		// fails is how often the first fault cannot be asked, -1 for ever.
		fails int64
		open  []string
	}{
		{"a few times", 3, nil},
		{"for ever", -1, []string{"f1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r, l := chaostest.New(t), newLamps(3)
			leaveDark(r, l, 3, "f")
			d := r.Deps("a", l)
			d.Config.StopWait = time.Second
			var failed atomic.Int64
			d.Store = shakyStore{Store: r.Bus, asks: func(key string) bool {
				return key != events.Key("f1") || (tc.fails >= 0 && failed.Add(1) > tc.fails)
			}}
			r.Serve(d)
			awaitWatched(t, r, l, 3)
			state := stopAll(t, r)
			if !state.Engaged || !slices.Equal(state.Open, tc.open) || len(state.Reverted)+len(state.Open) != 3 {
				t.Errorf("stop: %+v", state)
			}
		})
	}
}

// TestStopEndsFaultsThoughNobodyHearsOfIt: an event that cannot be published keeps
// no fault open.
func TestStopEndsFaultsThoughNobodyHearsOfIt(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	leaveDark(r, l, 2, "f")
	d := r.Deps("a", l)
	d.Bus = mute{d.Bus, events.StopEngagedTopic.Type()}
	r.Serve(d)
	awaitWatched(t, r, l, 2)
	if state := stopAll(t, r); !state.Engaged || len(state.Open) > 0 || len(state.Reverted) != 2 {
		t.Errorf("stop: %+v", state)
	}
}

// TestStopIsWatchedAgain: another server pulls the stop after our watch broke.
func TestStopIsWatchedAgain(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	leaveDark(r, l, 2, "f")
	d, broken := r.Deps("a", l), make(chan struct{})
	d.Store = shakyStore{Store: r.Bus, asks: func(string) bool { return true }, broken: broken}
	r.Serve(d)
	awaitWatched(t, r, l, 2)
	broken <- struct{}{} // it breaks
	broken <- struct{}{} // it is broken
	writeStop(t, r)
	eventstest.Eventually(t, "the faults are closed", func() bool { return len(r.Past()) == 2 && len(r.Open()) == 0 })
	if engaged := chaostest.Await(r, events.StopEngagedTopic); engaged.Reason != "fire" {
		t.Errorf("engaged: %+v", engaged)
	}
}

// writeStop pulls the stop as a server does that dies right afterwards.
func writeStop(t *testing.T, r *chaostest.Rig) {
	t.Helper()
	table, err := events.OpenTable[events.StopState](t.Context(), r.Bus, events.Bucket{Name: "chaos_stop"})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Create(t.Context(), "stop", events.StopState{Engaged: true, Reason: "fire", Since: time.Now()}); err != nil {
		t.Error(err)
	}
}

// TestNothingBeginsOnceStopped: the stop is in force, and nobody could ask the
// fault to end.
func TestNothingBeginsOnceStopped(t *testing.T) {
	for _, tc := range []struct {
		step    string
		hits    int
		outcome string
	}{
		{"injecting", 0, chaos.OutcomeRefused},
		{"sending", 0, chaos.OutcomeRefused},
		{"recorded", 1, chaos.OutcomeFailed},
	} {
		t.Run(tc.step, func(t *testing.T) {
			t.Parallel()
			r, l := chaostest.New(t), newLamps(3)
			l.count = 2
			d := r.Deps("a", l)
			d.Store = shakyStore{Store: r.Bus, asks: func(string) bool { return false }}
			once := sync.OnceFunc(func() { writeStop(t, r) })
			d.Checkpoint = func(step string) {
				if step == tc.step {
					once()
				}
			}
			r.Serve(d)
			r.Ask(request("f1"))
			if past := r.Closed(); past.Outcome != tc.outcome || !strings.Contains(past.Note, chaos.GuardStop) && !strings.Contains(past.Note, "fire") {
				t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
			}
			if _, hits := l.mostHits(); hits != tc.hits {
				t.Errorf("%d victims were hit", hits)
			}
		})
	}
}
