package envs

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// fakeRuns answers which runs are open.
type fakeRuns struct {
	mu   sync.Mutex
	open []events.RunSummary
}

func (f *fakeRuns) set(runs ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = nil
	for _, run := range runs {
		f.open = append(f.open, events.RunSummary{Run: run, Environment: "shop"})
	}
}

func (f *fakeRuns) list(_ context.Context, q events.RunsQuery) (events.RunsAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !q.Open || q.Environment != "shop" {
		return events.RunsAnswer{}, nil
	}
	return events.RunsAnswer{Runs: f.open}, nil
}

// withRuns is a rig with a ready environment shop in which runs are open.
func withRuns(t *testing.T, runs ...string) (*rig, *fakeRuns) {
	t.Helper()
	r, f := newRig(t), &fakeRuns{}
	sub, err := events.RunListCall.Answer(t.Context(), r.bus, r.stamp(), f.list)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sub.Wait)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	f.set(runs...)
	return r, f
}

// waits waits until it is said that the request of the cause waits for runs.
func (r *rig) waits(cause events.Meta) {
	r.t.Helper()
	filter := events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{events.EnvironmentProgressedTopic.Type()}}
	r.watch(filter, func(e events.Envelope) bool {
		return e.CausationID == cause.ID && want(r.t, events.EnvironmentProgressedTopic, e).Step == stepRuns
	})
}

// watch waits for an event that fits.
func (r *rig) watch(filter events.Filter, fits func(events.Envelope) bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	found := false
	err := r.bus.Watch(ctx, filter, func(e events.Envelope) bool {
		found = fits(e)
		return !found
	})
	if err != nil || !found {
		r.t.Fatalf("no such event: %v", err)
	}
}

// image is what the component of the environment shop is to run.
func (r *rig) image() string {
	r.t.Helper()
	answer, err := events.EnvironmentShowCall.Ask(r.t.Context(), r.bus, r.stamp().First("test"), events.EnvironmentQuery{Name: "shop"})
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.Environment.Components[0].Image
}

// TestBuildWaitsForRuns: what is being broken is not changed before the runs have ended.
func TestBuildWaitsForRuns(t *testing.T) {
	t.Parallel()
	r, runs := withRuns(t, "run-1")
	asked := r.create(small("shop", "v2"))
	r.waits(asked)
	if got := r.image(); got != "v1" {
		t.Errorf("image %s while a run breaks the environment", got)
	}
	runs.set()
	want(t, events.EnvironmentReadyTopic, r.outcome(asked))
	if got := r.image(); got != "v2" {
		t.Errorf("image %s after the run", got)
	}
}

// TestRunsAreWaitedForSoLong: a request does not wait for ever.
func TestRunsAreWaitedForSoLong(t *testing.T) {
	t.Parallel()
	r, _ := withRuns(t, "run-1")
	r.config.RunsDeadline = time.Millisecond
	r.start()
	rejected := want(t, events.EnvironmentRejectedTopic, r.outcome(r.create(small("shop", "v2"))))
	if !strings.Contains(rejected.Reason, "being broken by run run-1, for longer than 1ms") {
		t.Errorf("reason %q", rejected.Reason)
	}
}

// TestDestroyDuringARun is refused, unless it is forced.
func TestDestroyDuringARun(t *testing.T) {
	t.Parallel()
	r, _ := withRuns(t, "run-1", "run-2")
	rejected := want(t, events.EnvironmentRejectedTopic, r.outcome(r.destroy("shop")))
	if !strings.Contains(rejected.Reason, "being broken by run run-1, run run-2") || !strings.Contains(rejected.Advice, "shakedown env destroy shop --force") {
		t.Errorf("rejected %+v", rejected)
	}
	forced := publish(r, events.EnvironmentDestroyTopic, events.EnvironmentDestroy{Name: "shop", Force: true})
	want(t, events.EnvironmentDestroyedTopic, r.outcome(forced))
}
