package natsbus_test

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

func benchEvent(b *testing.B, i int) events.Envelope {
	b.Helper()
	e, err := events.EnvironmentDestroyTopic.Envelope(
		events.Meta{ID: strconv.Itoa(i), Source: "shakedown/bench", Time: time.Now()}, events.EnvironmentDestroy{Name: "shop"},
	)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

// handled subscribes and calls each for every event.
func handled(b *testing.B, bus *natsbus.Bus, concurrency int, each func(events.Envelope)) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	sub, err := bus.Subscribe(ctx, events.Subscription{
		Type: events.EnvironmentDestroyTopic.Type(), Group: "bench", Concurrency: concurrency,
		Handle: func(_ context.Context, e events.Envelope) error { each(e); return nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cancel(); sub.Wait() })
}

// BenchmarkPublishToHandler is the time from the call of Publish to the call of
// the handler, one event at a time.
func BenchmarkPublishToHandler(b *testing.B) {
	bus := natsbustest.Open(b)
	arrived := make(chan time.Time, 1)
	handled(b, bus, 1, func(events.Envelope) { arrived <- time.Now() })
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		e := benchEvent(b, i)
		began := time.Now()
		if err := bus.Publish(b.Context(), e); err != nil {
			b.Fatal(err)
		}
		took = append(took, (<-arrived).Sub(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
	b.ReportMetric(float64(took[len(took)-1]), "max-ns")
}

// BenchmarkEvents is how many events in a second are published, handled and
// acknowledged, with eight publishers and eight handlers.
func BenchmarkEvents(b *testing.B) {
	const lanes = 8
	bus := natsbustest.Open(b)
	var done sync.WaitGroup
	handled(b, bus, lanes, func(events.Envelope) { done.Done() })
	var id atomic.Int64
	b.SetParallelism((lanes + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			done.Add(1)
			if err := bus.Publish(b.Context(), benchEvent(b, int(id.Add(1)))); err != nil {
				b.Error(err)
			}
		}
	})
	done.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkCall is a question and its answer.
func BenchmarkCall(b *testing.B) {
	bus := natsbustest.Open(b)
	ctx, cancel := context.WithCancel(b.Context())
	sub, err := events.StopStateCall.Answer(ctx, bus, stamp(), func(context.Context, events.Nothing) (events.StopState, error) {
		return events.StopState{}, nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cancel(); sub.Wait() })
	for b.Loop() {
		if _, err := events.StopStateCall.Ask(ctx, bus, events.Meta{ID: "q", Source: "shakedown/bench"}, events.Nothing{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpdate is one compare-and-set.
func BenchmarkUpdate(b *testing.B) {
	kv, err := natsbustest.Open(b).KV(b.Context(), events.Bucket{Name: "rows"})
	if err != nil {
		b.Fatal(err)
	}
	revision, err := kv.Create(b.Context(), "row", nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if revision, err = kv.Update(b.Context(), "row", []byte(`{"state":"open"}`), revision); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart is a server started, connected to and stopped, with an empty
// data directory.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		server, err := natsbus.StartEmbedded(b.Context(), natsbus.Embedded{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		bus, err := natsbus.Connect(b.Context(), natsbus.Config{Access: server.Access()})
		if err != nil {
			b.Fatal(err)
		}
		if err := bus.Close(); err != nil {
			b.Fatal(err)
		}
		if err := server.Stop(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
