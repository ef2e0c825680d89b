package natsbus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// streamRoom is what the two streams of events reserve.
const streamRoom = 2<<30 + 256<<20

func smallServer(t *testing.T, dir string, room int64) *server.Server {
	t.Helper()
	return natsbustest.Serve(t, &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true, JetStreamMaxStore: room,
	})
}

func wantUnavailable(t *testing.T, err error, names string) {
	t.Helper()
	e, ok := errors.AsType[*events.Error](err)
	if !ok || e.Kind != events.KindUnavailable || !strings.Contains(err.Error(), names) || e.Hint() == "" {
		t.Errorf("got %v (%T), want that the store is not available, with %q and a hint", err, err, names)
	}
}

// TestNoRoomForStreams: a server whose store is too small for the streams is refused
// with the stream and what helps.
func TestNoRoomForStreams(t *testing.T) {
	t.Parallel()
	s := smallServer(t, t.TempDir(), 1<<30)
	bus, err := natsbus.Connect(t.Context(), natsbus.Config{Access: natsbus.Access{URL: s.ClientURL()}})
	if err == nil {
		_ = bus.Close() // the test has failed
		t.Fatal("connected")
	}
	wantUnavailable(t, err, "stream SHAKEDOWN")
	if e, ok := errors.AsType[*events.Error](err); !ok || !strings.Contains(e.Hint(), "max_file_store") {
		t.Errorf("the hint does not help: %v", e)
	}
}

// TestStoreStops: a server that comes back without its store, as one in a cluster is
// when its disk is full, refuses with the bucket or stream and what helps. When there
// is room all goes on, and nothing is lost.
func TestStoreStops(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	s := smallServer(t, dir, streamRoom+8<<20)
	port := portOf(t, s.ClientURL())
	bus := natsbustest.Connect(t, natsbus.Access{URL: s.ClientURL()})
	kv, err := bus.KV(ctx, events.Bucket{Name: "ledger", Quota: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	create := func(key string) error {
		_, err := kv.Create(ctx, key, []byte(key))
		return err
	}
	publish := func(id string) error {
		m := events.Meta{ID: id, Source: "test", Time: time.Now(), Correlation: "disk"}
		return events.StopReleasedTopic.Publish(ctx, bus, m, events.StopReleased{By: id})
	}
	if err := errors.Join(create("before"), publish("before")); err != nil {
		t.Fatal(err)
	}
	again := func(store bool) {
		s.Shutdown()
		s.WaitForShutdown()
		s = natsbustest.Serve(t, &server.Options{
			Host: "127.0.0.1", Port: port, JetStream: store, StoreDir: dir, NoSigs: true, NoLog: true, JetStreamMaxStore: streamRoom + 8<<20,
		})
	}
	again(false)
	_, _, err = kv.Get(ctx, "before")
	wantUnavailable(t, err, "bucket ledger")
	wantUnavailable(t, create("while"), "bucket ledger")
	wantUnavailable(t, publish("while"), "stream SHAKEDOWN")
	again(true)
	inTime(t, func() error {
		err := create("while")
		if errors.Is(err, events.ErrExists) { // it was stored, and the answer came too late
			err = nil
		}
		return errors.Join(err, publish("while"))
	})
	entries, err := kv.List(ctx)
	if err != nil || len(entries) != 2 {
		t.Errorf("%d values, %v, want both", len(entries), err)
	}
	var said []string
	if err := bus.Watch(ctx, events.Filter{Correlation: "disk", Since: time.Unix(0, 0), UntilCaughtUp: true}, func(e events.Envelope) bool {
		said = append(said, e.ID)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"before", "while"}, said); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// inTime tries again while the server is still busy with its start.
func inTime(t *testing.T, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return
		}
		if !events.Wait(ctx, 100*time.Millisecond) {
			t.Fatalf("after the store is back: %v", err)
		}
	}
}
