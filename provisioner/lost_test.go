package provisioner_test

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// TestLostConsumers: what the group knows of the events that it has handled is lost, and so
// is the memory of the requests, by its age. The destroy of ten days ago comes again, and
// the cluster that was made after it stays.
func TestLostConsumers(t *testing.T) {
	t.Parallel()
	bus, js := natsbustest.OpenBeside(t)
	driver := newFolder(t.TempDir())
	r := rig{bus: bus, stamp: stamp(), events: eventstest.Watch(t, bus, events.Filter{})}
	stop := startLater(t, bus, driver, 0)
	r.create(t, document(func(*provisioner.Document) {}))
	eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, nil)
	r.destroy(t, "demo")
	eventstest.Expect(t, r.events, patience, events.ClusterDestroyedTopic, nil)
	stop()
	r.stamp = later(2 * 24 * time.Hour)
	stop = startLater(t, bus, driver, 2*24*time.Hour)
	r.create(t, document(func(*provisioner.Document) {}))
	eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, nil)
	stop()
	eventstest.Empty(t, bus, "provisioner_requests_ended")
	startLater(t, bus, driver, 10*24*time.Hour)
	natsbustest.LoseConsumers(t, js)
	r.stamp = later(10 * 24 * time.Hour)
	r.destroy(t, "other") // taken after all that came again
	r.failed(t, "destroy", events.KindNotFound, "other does not exist")
	if driver.created.Load() != 2 || driver.destroyed.Load() != 1 || len(r.list(t)) != 1 {
		t.Errorf("%d created and %d destroyed", driver.created.Load(), driver.destroyed.Load())
	}
}

// later is a stamp whose clock is so much ahead.
func later(ahead time.Duration) events.Stamp {
	s := stamp()
	s.Now = func() time.Time { return time.Now().Add(ahead) }
	return s
}

// startLater starts a service when it is so much later than the real time.
func startLater(t *testing.T, bus *natsbus.Bus, driver provisioner.Driver, ahead time.Duration) (stop func()) {
	t.Helper()
	d := depsOf(bus, "server", driver, nil)
	d.Stamp = later(ahead)
	return startWith(t, d)
}
