package work_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/work"
)

// faulty opens a queue whose requests to the store pass through on.
func faulty(
	t testing.TB, d work.Deps, on func(ctx context.Context, op eventstest.Op, call func() error) error, alter ...func(*work.Config[job]),
) *work.Queue[job] {
	t.Helper()
	d.Store = eventstest.Intercept(d.Store, on)
	q, err := work.Open(t.Context(), d, config(alter...))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestDiscardFails: a row that was recorded after its own end is removed, also when
// the store refuses that for a while.
func TestDiscardFails(t *testing.T) {
	t.Parallel()
	bus := bus(t)
	var refused atomic.Int64
	q := faulty(t, deps(t, bus, "one"), func(_ context.Context, op eventstest.Op, call func() error) error {
		if op.Name == "delete" && op.Key == "again" && refused.Add(1) <= 3 {
			return errors.New("not now")
		}
		return call()
	})
	remembered(t, bus, work.Past{ID: "again", Asked: asked("e", 0)})
	left(t, bus, work.Row[job]{ID: "again", Asked: asked("e", 0)})
	run(t, q, func(context.Context, *work.Claim[job]) error { t.Error("it is worked on again"); return nil })
	empty(t, bus)
	if refused.Load() <= 3 {
		t.Errorf("it was removed at try %d", refused.Load())
	}
}

// left writes a row as a server leaves it that is gone.
func left(t testing.TB, store events.Store, row work.Row[job]) {
	t.Helper()
	create(t, store, events.Bucket{Name: "jobs"}, row.ID, row)
}

// remembered writes the end of a row.
func remembered(t testing.TB, store events.Store, past work.Past) {
	t.Helper()
	create(t, store, events.Bucket{Name: "jobs_ended", TTL: config().Keep}, past.ID, past)
}

func create(t testing.TB, store events.Store, bucket events.Bucket, key string, value any) {
	t.Helper()
	kv, err := store.KV(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Create(t.Context(), key, raw); err != nil {
		t.Fatal(err)
	}
}
