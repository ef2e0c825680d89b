package datamove

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// countingBus counts the outcomes that are published, before the bus drops duplicates.
type countingBus struct {
	events.Bus
	outcomes atomic.Int64
}

func (b *countingBus) Publish(ctx context.Context, e events.Envelope) error {
	if e.Type == events.CopyFinishedTopic.Type() || e.Type == events.CopyRefusedTopic.Type() {
		b.outcomes.Add(1)
	}
	return b.Bus.Publish(ctx, e)
}

const day = 24 * time.Hour

// TestOneOutcomeWheneverItComesAgain delivers requests again, long after they were made:
// each has at most one outcome, and nothing is copied twice.
func TestOneOutcomeWheneverItComesAgain(t *testing.T) {
	start := func(spec string) func(*rig, *queue, events.Meta) error {
		return func(r *rig, q *queue, m events.Meta) error {
			return r.service.onStart(r.t.Context(), q, m, events.CopyStart{ID: "copy-1", Provisioned: m.ID, Spec: json.RawMessage(spec)})
		}
	}
	seed := func(name string) func(*rig, *queue, events.Meta) error {
		return func(r *rig, q *queue, m events.Meta) error {
			return r.service.onProvisioned(r.t.Context(), q, m, events.Environment{Name: "pr-1", Seed: name})
		}
	}
	raw, err := json.Marshal(document())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name             string
		deliver          func(*rig, *queue, events.Meta) error
		ages             []time.Duration
		outcomes, copies int
	}{
		{"copied", start(string(raw)), []time.Duration{0, 2 * day, 8 * day}, 1, 1},
		{"invalid", start("{}"), []time.Duration{0, 2 * day, 8 * day}, 1, 0},
		{"taken by nobody in time", start(string(raw)), []time.Duration{2 * day, 3 * day, 8 * day}, 1, 0},
		{"perhaps forgotten", start(string(raw)), []time.Duration{8 * day, 9 * day}, 0, 0},
		{"invalid, perhaps forgotten", start("{}"), []time.Duration{8 * day, 9 * day}, 0, 0},
		{"seeded", seed("shop-data"), []time.Duration{0, 2 * day, 8 * day}, 1, 1},
		{"seed unknown", seed("other"), []time.Duration{0, 2 * day, 8 * day}, 1, 0},
		{"seed asked for too long ago", seed("shop-data"), []time.Duration{2 * day, 3 * day, 8 * day}, 1, 0},
		{"seed perhaps forgotten", seed("shop-data"), []time.Duration{8 * day, 9 * day}, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			adapter := &fakeAdapter{}
			r := newRig(t, adapter)
			bus := &countingBus{}
			r.wrap = func(b events.Bus) events.Bus { bus.Bus = b; return bus }
			r.start()
			q, err := r.service.open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			m := events.Meta{ID: "asked", Source: "test", Time: time.Now()}
			for _, age := range tc.ages {
				r.ahead.Store(int64(age))
				if age > r.service.deps.Config.Remember {
					r.forget()
				}
				if err := tc.deliver(r, q, m); err != nil {
					t.Fatal(err)
				}
				if tc.outcomes > 0 {
					r.ends(m)
					r.settled() // before the clock goes on: a lease would lapse
				}
			}
			if n := int(bus.outcomes.Load()); n != tc.outcomes || len(adapter.copies()) != tc.copies {
				t.Errorf("%d outcomes and %d copies, want %d and %d", n, len(adapter.copies()), tc.outcomes, tc.copies)
			}
			if rows, err := q.Open(t.Context()); err != nil || len(rows) > 0 {
				t.Errorf("%d rows are open, %v", len(rows), err)
			}
		})
	}
}

// forget removes what is remembered of all copies, as their age does, and their folders.
func (r *rig) forget() {
	r.t.Helper()
	kv, err := r.bus.KV(r.t.Context(), events.Bucket{Name: queueName + "_ended", TTL: r.service.deps.Config.Remember})
	if err != nil {
		r.t.Fatal(err)
	}
	past, err := kv.List(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range past {
		if err := kv.Delete(r.t.Context(), p.Key, p.Revision); err != nil {
			r.t.Fatal(err)
		}
	}
	r.forgetFolders()
}

// forgetFolders leaves those of copies that are under way.
func (r *rig) forgetFolders() {
	r.t.Helper()
	dirs, err := filepath.Glob(filepath.Join(r.copier.deps.Dir, "*"))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, dir := range dirs {
		if strings.HasPrefix(filepath.Base(dir), "scratch-") {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			r.t.Fatal(err)
		}
	}
}

// settled waits until all rows have left the queue.
func (r *rig) settled() {
	r.t.Helper()
	kv, err := r.bus.KV(r.t.Context(), events.Bucket{Name: queueName})
	if err != nil {
		r.t.Fatal(err)
	}
	for {
		rows, err := kv.List(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if len(rows) == 0 || !events.Wait(r.t.Context(), 5*time.Millisecond) {
			return
		}
	}
}
