package datamove

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/work"
)

// TestEveryEventTwice copies once, whatever comes twice.
func TestEveryEventTwice(t *testing.T) {
	adapter := &fakeAdapter{}
	r := newRig(t, adapter)
	r.wrap = eventstest.Twice
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

// left puts a request into the queue as a server leaves it that was killed.
func (r *rig) left(one row) {
	r.t.Helper()
	raw, err := json.Marshal(one)
	if err != nil {
		r.t.Fatal(err)
	}
	kv, err := r.bus.KV(r.t.Context(), events.Bucket{Name: queueName})
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := kv.Create(r.t.Context(), one.ID, raw); err != nil {
		r.t.Fatal(err)
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
			r.left(row{ID: "run-1", Asked: asked, Lease: lease, Body: request{Document: document(), Provisioned: asked.ID}})
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

// TestTooOld refuses a request that nobody took in time. One that is so old that its
// end may be forgotten gets no outcome, since it may have had one.
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
	forgotten := r.stamp().First("test")
	forgotten.Time = forgotten.Time.Add(-29 * 24 * time.Hour)
	if err := events.CopyStartTopic.Publish(t.Context(), r.bus, forgotten, events.CopyStart{ID: "older", Provisioned: forgotten.ID, Spec: raw}); err != nil {
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
	filter := events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{events.CopyRefusedTopic.Type()}, UntilCaughtUp: true}
	if err := r.bus.Watch(t.Context(), filter, func(e events.Envelope) bool {
		if e.CausationID == forgotten.ID {
			t.Errorf("an outcome for a request that is forgotten: %s", e.Data)
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
}

// TestBegunElsewhere: a copy that another server has begun is not called refused when
// it cannot be begun anew, since the target may have been changed.
func TestBegunElsewhere(t *testing.T) {
	adapter := &fakeAdapter{plan: func(Job) (Plan, error) {
		return Plan{}, events.Errorf(events.KindRefused, "", "the target is not empty")
	}}
	r := newRig(t, adapter)
	asked := r.stamp().First("test")
	r.left(row{ID: "run-1", Asked: asked, Body: request{Document: document(), Provisioned: asked.ID, Server: "gone"}})
	r.start()
	_, got, err := events.CopyFinishedTopic.Parse(r.ends(asked)[0])
	if err != nil || got.Verdict != string(Incomplete) || !strings.Contains(got.Reason, "another server has begun it") || !strings.Contains(got.Reason, "the target is not empty") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTurns(t *testing.T) {
	now := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	one := func(id, server string, left time.Duration) row {
		r := row{ID: id, Body: request{Server: server}}
		if left > 0 {
			r.Body.Left = now.Add(-left)
		}
		return r
	}
	ids, again := turns("me", 5*time.Minute)([]row{
		one("new", "", 0), one("mine", "me", time.Second), one("killed", "other", 0),
		one("stopped", "other", time.Minute), one("stopped-later", "other", time.Second), one("gone", "other", 5*time.Minute),
	}, now)
	if diff := cmp.Diff([]string{"new", "mine", "killed", "gone"}, ids); diff != "" {
		t.Errorf("turns (-want +got):\n%s", diff)
	}
	if want := now.Add(4 * time.Minute); !again.Equal(want) {
		t.Errorf("again at %s, want %s", again, want)
	}
}
