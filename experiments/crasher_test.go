package experiments

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// crasher ends a server like a kill at one checkpoint: from then on nothing that it
// does reaches the bus or the store.
type crasher struct {
	events.Bus
	events.Store
	step  string
	dead  atomic.Bool
	since chan struct{}
}

var errCrashed = errors.New("the process is gone")

func newCrasher(bus *natsbus.Bus, step string) *crasher {
	c := &crasher{Bus: bus, step: step, since: make(chan struct{})}
	c.Store = eventstest.Intercept(bus, func(_ context.Context, op eventstest.Op, call func() error) error {
		if c.dead.Load() && op.Writes() {
			return errCrashed
		}
		return call()
	})
	return c
}

func (c *crasher) checkpoint(step string) {
	if step == c.step && c.dead.CompareAndSwap(false, true) {
		close(c.since)
	}
}

// wait waits until the checkpoint was reached.
func (c *crasher) wait(t *testing.T) {
	t.Helper()
	select {
	case <-c.since:
	case <-time.After(time.Minute):
		t.Fatalf("checkpoint %q was never reached", c.step)
	}
}

func (c *crasher) Publish(ctx context.Context, e events.Envelope) error {
	if c.dead.Load() {
		return errCrashed
	}
	return c.Bus.Publish(ctx, e)
}
