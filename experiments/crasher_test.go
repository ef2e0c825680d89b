package experiments

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// crasher ends a server like a kill at one checkpoint: from then on nothing that it
// does reaches the bus or the store.
type crasher struct {
	*natsbus.Bus
	step  string
	dead  atomic.Bool
	since chan struct{}
}

var errCrashed = errors.New("the process is gone")

func newCrasher(bus *natsbus.Bus, step string) *crasher {
	return &crasher{Bus: bus, step: step, since: make(chan struct{})}
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

func (c *crasher) KV(ctx context.Context, bucket events.Bucket) (events.KV, error) {
	kv, err := c.Bus.KV(ctx, bucket)
	return crashingKV{kv, c}, err
}

func (c *crasher) Objects(ctx context.Context, bucket events.Bucket) (events.Objects, error) {
	objects, err := c.Bus.Objects(ctx, bucket)
	return crashingObjects{objects, c}, err
}

type crashingObjects struct {
	events.Objects
	c *crasher
}

func (o crashingObjects) Put(ctx context.Context, name string, data []byte) error {
	if o.c.dead.Load() {
		return errCrashed
	}
	return o.Objects.Put(ctx, name, data)
}

type crashingKV struct {
	events.KV
	c *crasher
}

func (k crashingKV) Create(ctx context.Context, key string, value []byte) (uint64, error) {
	if k.c.dead.Load() {
		return 0, errCrashed
	}
	return k.KV.Create(ctx, key, value)
}

func (k crashingKV) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if k.c.dead.Load() {
		return 0, errCrashed
	}
	return k.KV.Update(ctx, key, value, revision)
}

func (k crashingKV) Delete(ctx context.Context, key string, revision uint64) error {
	if k.c.dead.Load() {
		return errCrashed
	}
	return k.KV.Delete(ctx, key, revision)
}
