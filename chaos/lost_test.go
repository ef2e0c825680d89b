package chaos_test

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestLostConsumers: what the group knows of the events that it has handled is lost, and so
// is the memory of the faults, by its age. The request of ten days ago comes again, and
// hits nothing.
func TestLostConsumers(t *testing.T) {
	bus, js := natsbustest.OpenBeside(t)
	r, l := chaostest.On(t, bus), newLamps(3)
	stop := r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	r.Closed()
	stop()
	eventstest.Empty(t, bus, chaos.LedgerName+"_ended")
	d := r.Deps("a", l)
	d.Stamp.Now = func() time.Time { return time.Now().Add(10 * 24 * time.Hour) }
	r.Serve(d)
	natsbustest.LoseConsumers(t, js)
	if most, victims := l.mostHits(); most != 1 || victims != 1 {
		t.Errorf("%d victims were hit, one %d times", victims, most)
	}
	if open := r.Open(); len(open) > 0 {
		t.Errorf("open: %+v", open)
	}
	if n := len(chaostest.Of(r, events.FaultInjectedTopic)); n != 1 {
		t.Errorf("injected %d times", n)
	}
}
