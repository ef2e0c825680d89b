package envs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestLostConsumers: what groups know of the events that they have handled is lost, and so
// is the memory of the requests, by its age. Requests of ten days ago come again, and
// change nothing in the environment that was made after them.
func TestLostConsumers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	bus, js := natsbustest.OpenBeside(t)
	r.bus = bus
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.build("p", "v1")))
	want(t, events.EnvironmentDestroyedTopic, r.outcome(r.destroy("shop")))
	r.later(2 * 24 * time.Hour)
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v2"))))
	r.stop()
	eventstest.Empty(t, bus, queueName+"_ended")
	r.later(10 * 24 * time.Hour)
	before := r.all(outcomes())
	r.wantUnchanged(func() { natsbustest.LoseConsumers(t, js) })
	if diff := cmp.Diff(before, r.all(outcomes())); diff != "" {
		t.Errorf("outcomes of old requests:\n%s", diff)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v3")))) // after all that was taken
}

// later starts a service when it is so much later than the real time.
func (r *rig) later(ahead time.Duration) {
	r.t.Helper()
	r.stop()
	r.ahead.Store(int64(ahead))
	r.start()
}
