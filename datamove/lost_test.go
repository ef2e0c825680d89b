package datamove

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestLostConsumers: what the groups know of the events that they have handled is lost, and
// so is the memory of the copies, by its age. The requests of ten days ago come again, by
// an event and by a command, and wipe no target.
func TestLostConsumers(t *testing.T) {
	adapter := &fakeAdapter{}
	r := newRig(t, adapter)
	bus, js := natsbustest.OpenBeside(t)
	r.bus = bus
	stop := r.start()
	r.ends(r.provision("shop-data"))
	r.ends(r.copy("run-1"))
	stop()
	eventstest.Empty(t, bus, queueName+"_ended")
	r.ahead.Store(int64(10 * 24 * time.Hour))
	r.copier = newCopier(t, adapter, nil) // in another folder: that of a copy knows it, too
	r.start()
	natsbustest.LoseConsumers(t, js)
	r.ends(r.copy("run-2")) // after all that was taken
	if n := len(adapter.copies()); n != 3 {
		t.Errorf("%d copies of three requests", n)
	}
}

// copy asks for a copy as a command does.
func (r *rig) copy(id string) events.Meta {
	r.t.Helper()
	raw, err := json.Marshal(document())
	if err != nil {
		r.t.Fatal(err)
	}
	m := r.stamp().First("test")
	if err := events.CopyStartTopic.Publish(r.t.Context(), r.bus, m, events.CopyStart{ID: id, Provisioned: m.ID, Spec: raw}); err != nil {
		r.t.Fatal(err)
	}
	return m
}
