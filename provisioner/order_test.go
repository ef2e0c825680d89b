package provisioner_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// createAs publishes a create with this metadata.
func (r rig) createAs(t *testing.T, m events.Meta, name string) {
	t.Helper()
	raw, err := json.Marshal(document(func(d *provisioner.Document) { d.Metadata.Name = name }))
	if err != nil {
		t.Fatal(err)
	}
	if err := events.ClusterCreateTopic.Publish(t.Context(), r.bus, m, events.ClusterCreate{Name: name, Spec: raw}); err != nil {
		t.Fatal(err)
	}
}

// TestDestroyedStaysDestroyed: a create that is older than the destroy, and comes
// later, does not bring the cluster back, and has no outcome: the destroy is what
// became of it.
func TestDestroyedStaysDestroyed(t *testing.T) {
	t.Parallel()
	r := newRig(t, newFolder(t.TempDir()))
	old := r.stamp.First("demo")
	done := r.create(t, document(func(*provisioner.Document) {}))
	eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, nil)
	r.destroy(t, "demo")
	eventstest.Expect(t, r.events, patience, events.ClusterDestroyedTopic, nil)
	done.Source = "again"
	r.createAs(t, old, "demo")
	r.createAs(t, done, "demo")
	r.createAs(t, r.stamp.First("other"), "other")
	eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, func(_ events.Meta, e events.ClusterReady) bool { return e.Name == "other" })
	if slices.ContainsFunc(r.events.Seen(), func(e events.Envelope) bool { return e.Type == events.ClusterFailedTopic.Type() }) {
		t.Errorf("a request that was overtaken has failed:\n%s", r.events)
	}
	if got := r.list(t); len(got) != 1 || got[0].Name != "other" {
		t.Errorf("list %+v, want other alone", got)
	}
}

// TestTooOld: a request that nobody took in time is refused.
func TestTooOld(t *testing.T) {
	t.Parallel()
	r := newRig(t, newFolder(t.TempDir()))
	m := r.stamp.First("demo")
	m.Time = m.Time.Add(-25 * time.Hour)
	r.createAs(t, m, "demo")
	r.failed(t, "create", events.KindRefused, "comes too late")
}
