package experiments_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/experimentstest"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// TestFinishedRuns starts a server on a store with finished runs: it lists and shows
// them, and prunes those that are too many.
func TestFinishedRuns(t *testing.T) {
	t.Parallel()
	const many, most = 30, 20
	bus := natsbustest.Open(t)
	if err := experimentstest.Fill(t.Context(), bus, many, time.Now().Add(-48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	c := experiments.DefaultConfig()
	c.MaxRuns, c.PruneEvery = most, 50*time.Millisecond
	s, err := experiments.New(experiments.Deps{
		Bus: bus, Caller: bus, Store: bus, Now: time.Now, Log: slog.New(slog.DiscardHandler), Owner: "server-1",
		Stamp:      events.Stamp{Source: "experiments", Now: time.Now, NewID: func() string { return fmt.Sprint(time.Now().UnixNano()) }},
		Registerer: prometheus.NewRegistry(), Config: c,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); running.Wait() })
	<-s.Ready()
	meta := events.Meta{ID: "q", Source: "test", Time: time.Now()}
	left := func() []events.RunSummary {
		answer, err := events.RunListCall.Ask(t.Context(), bus, meta, events.RunsQuery{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		return answer.Runs
	}
	for range 500 {
		if len(left()) == most {
			break
		}
		events.Wait(t.Context(), 20*time.Millisecond)
	}
	runs := left()
	if len(runs) != most || runs[0].Run != "run-000030" || runs[most-1].Run != "run-000011" || runs[0].Verdict == "" {
		t.Fatalf("%d runs are left: %+v", len(runs), runs)
	}
	answer, err := events.RunShowCall.Ask(t.Context(), bus, meta, events.RunQuery{Run: "latest"})
	if err != nil {
		t.Fatal(err)
	}
	if rec, err := record.Parse(answer.Record); err != nil || rec.Run != "run-000030" || len(rec.Probes) != 3 {
		t.Errorf("latest is %s: %v", rec.Run, err)
	}
	if _, err := events.RunShowCall.Ask(t.Context(), bus, meta, events.RunQuery{Run: "run-000001"}); err == nil {
		t.Error("a pruned run is shown")
	}
}
