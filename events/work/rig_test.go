package work_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/work"
)

// job is what the tests work on.
type job struct {
	Want  string `json:"want"`
	Steps int    `json:"steps,omitempty"`
}

func deps(t testing.TB, bus *natsbus.Bus, owner string) work.Deps {
	t.Helper()
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return work.Deps{Store: bus, Bus: bus, Owner: owner, Now: time.Now, Log: log}
}

// testWriter gives the log to the test, for as long as that runs.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(string(p))
	}
	return len(p), nil
}

// config has pauses and leases that a test can wait for.
func config(alter ...func(*work.Config[job])) work.Config[job] {
	c := work.DefaultConfig[job]("jobs")
	c.Lease, c.Pause, c.MaxPause = time.Second, 5*time.Millisecond, 50*time.Millisecond
	for _, a := range alter {
		a(&c)
	}
	return c
}

func open(t testing.TB, bus *natsbus.Bus, owner string, alter ...func(*work.Config[job])) *work.Queue[job] {
	t.Helper()
	q, err := work.Open(t.Context(), deps(t, bus, owner), config(alter...))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// run runs the queue until stop is called or the test ends.
func run(t testing.TB, q *work.Queue[job], handle work.Handler[job]) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); q.Run(ctx, handle) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// asked is an event that asks for something, some time ago.
func asked(id string, ago time.Duration) events.Meta {
	return events.Meta{ID: id, Source: "test", Time: time.Now().Add(-ago), Correlation: id}
}

// empty waits until the working bucket is empty.
func empty(t testing.TB, store events.Store) {
	t.Helper()
	kv, err := store.KV(t.Context(), events.Bucket{Name: "jobs"})
	if err != nil {
		t.Fatal(err)
	}
	eventstest.Eventually(t, "all rows have left", func() bool {
		rows, err := kv.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(rows) == 0
	})
}

func bus(t testing.TB) *natsbus.Bus { t.Helper(); return natsbustest.Open(t) }
