package experiments

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// TestLostConsumers: what the group knows of the events that it has handled is lost, and so
// is the memory of the runs, by its age. The request of ten days ago comes again, and
// breaks nothing.
func TestLostConsumers(t *testing.T) {
	t.Parallel()
	bus, js := natsbustest.OpenBeside(t)
	r, counted := newRigOn(t, bus), &outcomes{Bus: bus}
	var ahead atomic.Int64
	serve := func() (stop func()) {
		return r.server(func(d *Deps) {
			d.Bus = counted
			d.Now = func() time.Time { return r.clock.Now().Add(time.Duration(ahead.Load())) }
		})
	}
	stop := serve()
	r.start("run-old", quick(nil))
	wantVerdict(t, r.finished("run-old"), record.Passed, "")
	r.settled()
	stop()
	eventstest.Empty(t, bus, queueName+"_ended")
	ahead.Store(int64(10 * 24 * time.Hour))
	serve()
	natsbustest.LoseConsumers(t, js)
	if rows, err := r.service.queue.Open(t.Context()); err != nil || len(rows) > 0 {
		t.Errorf("%d runs are open, %v", len(rows), err)
	}
	if n := counted.n.Load(); n != 1 {
		t.Errorf("%d verdicts of one run", n)
	}
}
