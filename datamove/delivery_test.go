package datamove

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// twiceBus calls every handler twice with the same event.
type twiceBus struct{ events.Bus }

func (b *twiceBus) Subscribe(ctx context.Context, s events.Subscription) (events.Subscribed, error) {
	handle := s.Handle
	s.Handle = func(ctx context.Context, e events.Envelope) error {
		if err := handle(ctx, e); err != nil {
			return err
		}
		return handle(ctx, e)
	}
	return b.Bus.Subscribe(ctx, s)
}

// TestEveryEventTwice copies once, whatever comes twice.
func TestEveryEventTwice(t *testing.T) {
	adapter := &fakeAdapter{}
	r := newRig(t, adapter)
	r.wrap = func(b events.Bus) events.Bus { return &twiceBus{b} }
	r.start()
	m := r.provision("shop-data")
	r.ends(m)
	again := m
	again.Source = "again" // past the bus's own dropping of duplicates
	if err := events.EnvironmentProvisionedTopic.Publish(t.Context(), r.bus, again, events.Environment{Name: "pr-1", Seed: "shop-data"}); err != nil {
		t.Fatal(err)
	}
	r.ends(r.provision("shop-data"))
	if n := len(adapter.copies()); n != 2 {
		t.Errorf("%d copies of two requests", n)
	}
}

// TestCrash leaves a lease behind, as kill -9 does: the same server goes on at once,
// another one when the lease has lapsed.
func TestCrash(t *testing.T) {
	for _, owner := range []string{"server", "another"} {
		t.Run(owner, func(t *testing.T) {
			r := newRig(t, &fakeAdapter{})
			asked, began := r.stamp().First("test"), time.Now()
			lease := work.Lease{Owner: owner, Epoch: 1, TTL: events.Duration(rigLease)}
			raw, err := json.Marshal(row{ID: "run-1", Asked: asked, Lease: lease, Body: request{Document: document(), Provisioned: asked.ID}})
			if err != nil {
				t.Fatal(err)
			}
			kv, err := r.bus.KV(t.Context(), events.Bucket{Name: queueName})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := kv.Create(t.Context(), "run-1", raw); err != nil {
				t.Fatal(err)
			}
			r.start()
			_, got, err := events.CopyFinishedTopic.Parse(r.ends(asked)[0])
			if err != nil || got.Verdict != "equal" || got.ID != "run-1" {
				t.Errorf("got %+v, %v", got, err)
			}
			if owner != "server" && time.Since(began) < rigLease {
				t.Errorf("taken %s after the lease began, which is %s long", time.Since(began), rigLease)
			}
		})
	}
}

// TestTooOld refuses a request that nobody took in time.
func TestTooOld(t *testing.T) {
	adapter := &fakeAdapter{}
	r := newRig(t, adapter)
	r.start()
	m := r.stamp().First("test")
	m.Time = m.Time.Add(-25 * time.Hour)
	raw, err := json.Marshal(document())
	if err != nil {
		t.Fatal(err)
	}
	start := events.CopyStart{ID: "old", Provisioned: m.ID, Spec: raw}
	if err := events.CopyStartTopic.Publish(t.Context(), r.bus, m, start); err != nil {
		t.Fatal(err)
	}
	_, got, err := events.CopyRefusedTopic.Parse(r.ends(m)[0])
	if err != nil || got.Kind != events.KindRefused || !strings.Contains(got.Reason, "one is taken for at most 24h") || len(adapter.copies()) > 0 {
		t.Errorf("got %+v, %v, %d copies", got, err, len(adapter.copies()))
	}
}
