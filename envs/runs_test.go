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
	// questions has one for each that was asked; stop ends the answers.
	questions chan struct{}
	stop      func()
}

func (f *fakeRuns) set(runs ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = nil
	for _, run := range runs {
		f.open = append(f.open, events.RunSummary{Run: run, Environment: "shop"})
	}
}

// asked waits until somebody asks.
func (f *fakeRuns) asked(t *testing.T) {
	t.Helper()
	select {
	case <-f.questions:
	case <-time.After(patience):
		t.Fatal("nobody asks for runs")
	}
}

func (f *fakeRuns) list(_ context.Context, q events.RunsQuery) (events.RunsAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !q.Open || q.Environment != "shop" {
		return events.RunsAnswer{}, nil
	}
	if len(f.open) > 0 {
		select {
		case f.questions <- struct{}{}:
		default:
		}
	}
	return events.RunsAnswer{Runs: f.open}, nil
}

// withRuns is a rig with a ready environment shop in which runs are open.
func withRuns(t *testing.T, runs ...string) (*rig, *fakeRuns) {
	t.Helper()
	r, f := newRig(t), &fakeRuns{questions: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	sub, err := events.RunListCall.Answer(ctx, r.bus, r.stamp(), f.list)
	if err != nil {
		t.Fatal(err)
	}
	f.stop = func() { cancel(); sub.Wait() }
	t.Cleanup(f.stop)
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

// TestBuildWaitsForRuns: what is being broken is not changed before the runs have ended.
func TestBuildWaitsForRuns(t *testing.T) {
	t.Parallel()
	r, runs := withRuns(t, "run-1")
	asked := r.create(small("shop", "v2"))
	r.waits(asked)
	if e := r.one(); e.Components[0].Image != "v1" || e.Phase != PhaseReady {
		t.Errorf("while a run breaks the environment: %+v", e)
	}
	runs.set()
	want(t, events.EnvironmentReadyTopic, r.outcome(asked))
	if e := r.one(); e.Components[0].Image != "v2" {
		t.Errorf("after the run: %+v", e)
	}
}

// TestWaitingIsSaid: who asks what there is, or what differs, hears of a request that waits.
func TestWaitingIsSaid(t *testing.T) {
	t.Parallel()
	r, runs := withRuns(t, "run-1")
	asked := r.deploy(small("shop", "v2"), "r2")
	r.waits(asked)
	same, err := r.diff(small("shop", "v1"))
	if err != nil || len(same.Changes) > 0 || !strings.HasPrefix(same.Waiting, "a deploy of revision r2 waits since ") {
		t.Errorf("diff %+v, %v", same, err)
	}
	if e := r.one(); e.Waiting != same.Waiting {
		t.Errorf("show says %q", e.Waiting)
	}
	runs.set()
	want(t, events.EnvironmentReadyTopic, r.outcome(asked))
	if e := r.one(); e.Waiting != "" {
		t.Errorf("after the run: %q", e.Waiting)
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

// TestExpiryOutwaitsRuns: what expires while runs break it is destroyed when they have
// ended, however long that takes.
func TestExpiryOutwaitsRuns(t *testing.T) {
	t.Parallel()
	r, runs := withRuns(t, "run-1")
	r.stop()
	over := endText(time.Now().Add(-time.Hour))
	r.cluster.change(func() { r.cluster.namespaces["shop"].live.Annotations[AnnotationEnds] = over })
	r.config.RunsDeadline, r.config.ExpiryEvery = time.Millisecond, 5*time.Millisecond
	r.start()
	for range 3 { // a second attempt is one too late for any other request
		runs.asked(t)
	}
	runs.set()
	r.watch(events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{events.EnvironmentDestroyedTopic.Type()}},
		func(events.Envelope) bool { return true })
}

// TestRefusedDestroyKeepsTheBuild that waits for the same run.
func TestRefusedDestroyKeepsTheBuild(t *testing.T) {
	t.Parallel()
	r, runs := withRuns(t, "run-1")
	build := r.create(small("shop", "v2"))
	r.waits(build)
	rejected := want(t, events.EnvironmentRejectedTopic, r.outcome(r.destroy("shop")))
	if !strings.Contains(rejected.Reason, "being broken by a run") || !strings.Contains(rejected.Advice, "--force") {
		t.Errorf("rejected %+v", rejected)
	}
	runs.set()
	want(t, events.EnvironmentReadyTopic, r.outcome(build))
}

// TestNobodyAnswersAnyMore: that experiments are being restarted ends no run.
func TestNobodyAnswersAnyMore(t *testing.T) {
	t.Parallel()
	r, runs := withRuns(t, "run-1")
	asked := r.create(small("shop", "v2"))
	r.waits(asked)
	runs.stop()
	r.config.RunsDeadline = time.Millisecond
	r.start()
	rejected := want(t, events.EnvironmentRejectedTopic, r.outcome(asked))
	if !strings.Contains(rejected.Reason, "a run that nobody answers for now") {
		t.Errorf("rejected %+v", rejected)
	}
	if e := r.one(); e.Components[0].Image != "v1" {
		t.Errorf("it was changed to %s under a run", e.Components[0].Image)
	}
}

// TestBegunCreateGoesOn: a create that has changed something is not put off any more.
func TestBegunCreateGoesOn(t *testing.T) {
	t.Parallel()
	r, runs := withRuns(t)
	d := seededDocument()
	d.Spec.Components["api"] = small("shop", "v2").Spec.Components["api"]
	asked := r.create(d)
	filter := events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{events.EnvironmentProvisionedTopic.Type()}}
	r.watch(filter, func(e events.Envelope) bool { return e.CausationID == asked.ID }) // it is being filled
	r.stop()
	runs.set("run-1")
	r.config.RunsDeadline, r.config.SeedDeadline = time.Millisecond, 300*time.Millisecond
	r.start()
	if failed := want(t, events.EnvironmentFailedTopic, r.outcome(asked)); failed.Reason != reasonSeed {
		t.Errorf("failed: %+v", failed)
	}
}
