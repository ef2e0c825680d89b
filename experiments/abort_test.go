package experiments

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// long is an experiment that observes, or with slow measures its baseline, for longer than
// any test waits.
func long(slow bool) spec.Document {
	return quick(func(s *spec.Spec) {
		s.Observe, s.Recovery.Budget = events.Duration(time.Minute), events.Duration(70*time.Second)
		if slow {
			s.Interval, s.Baseline.Duration = events.Duration(time.Second), events.Duration(20*time.Minute)
		}
	})
}

// abort asks that the run ends, as a deploy of the environment does.
func (r *rig) abort(run, environment string) error {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	_, err := events.RunAbortCall.Ask(ctx, r.bus, r.chaos.stamp().First(run),
		events.RunAbort{Run: run, Environment: environment, Reason: "a build of " + environment})
	return err
}

// aborted asks that the run of shop ends, and waits for that.
func (r *rig) aborted(run string) record.Record {
	r.t.Helper()
	if err := r.abort(run, "shop"); err != nil {
		r.t.Fatal(err)
	}
	return r.finished(run)
}

// TestAbortRevertsFirst: the faults of an aborted run are reverted before its end.
func TestAbortRevertsFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.chaos.set(func(c *fakeChaos) { c.heal = -1 })
	r.server(nil)
	r.start("run-a", long(false))
	r.awaitKill()
	rec := r.aborted("run-a")
	wantVerdict(t, rec, record.Aborted, ": a build of shop")
	if kills, open := r.chaos.state(); kills != 1 || open != 0 {
		t.Errorf("%d kills and %d open faults, want 1 and 0", kills, open)
	}
	if got := phases(rec); got[len(got)-3] != record.PhaseReverting {
		t.Errorf("phases %v", got)
	}
}

// TestAbortBeforeTheFault injects nothing, whether the run is under way or waits.
func TestAbortBeforeTheFault(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.server(nil)
	d := long(true)
	r.start("run-a", d)
	r.inPhase("run-a", record.PhaseBaseline)
	r.start("run-b", d)
	r.inPhase("run-b", record.PhaseCreated)
	wantVerdict(t, r.aborted("run-b"), record.Aborted, "aborted before anything was injected: a build of shop")
	wantVerdict(t, r.aborted("run-a"), record.Aborted, "aborted while baseline: a build of shop")
	if kills, _ := r.chaos.state(); kills != 0 {
		t.Errorf("%d kills", kills)
	}
}

// inPhase waits until the run is listed in the phase.
func (r *rig) inPhase(run, phase string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	for events.Wait(ctx, 10*time.Millisecond) {
		runs, err := r.service.summaries(ctx)
		for _, s := range runs {
			if err == nil && s.Run == run && s.Phase == phase {
				return
			}
		}
	}
	r.t.Fatalf("run %s is not %s", run, phase)
}

// leftInBaseline begins a run whose server then ends.
func (r *rig) leftInBaseline(run string) {
	r.t.Helper()
	stop := r.server(nil)
	r.start(run, long(true))
	r.inPhase(run, record.PhaseBaseline)
	stop()
}

// TestAbortOutlivesTheServer: what was asked for while the run had no server holds when it
// is taken up again.
func TestAbortOutlivesTheServer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.leftInBaseline("run-a")
	if _, err := r.service.abort(t.Context(), events.RunAbort{Run: "run-a", Environment: "shop", Reason: "a build of shop"}); err != nil {
		t.Fatal(err)
	}
	r.server(nil)
	wantVerdict(t, r.finished("run-a"), record.Aborted, "aborted before anything was injected: a build of shop")
}

// TestAbortOfOthersRuns is refused: the run goes on.
func TestAbortOfOthersRuns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.server(nil)
	r.start("run-a", quick(nil))
	r.inPhase("run-a", record.PhaseBaseline)
	got := map[string]events.Kind{}
	for name, ask := range map[string][2]string{
		"another environment": {"run-a", "bank"}, "no environment": {"run-a", ""}, "no such run": {"run-z", "shop"},
	} {
		got[name] = events.KindOf(r.abort(ask[0], ask[1]))
	}
	want := map[string]events.Kind{"another environment": events.KindRefused, "no environment": events.KindInvalid, "no such run": events.KindNotFound}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantVerdict(t, r.finished("run-a"), record.Passed, "")
	if err := r.abort("run-a", "shop"); err != nil && events.KindOf(err) != events.KindNotFound {
		t.Errorf("abort of what has ended: %v", err)
	}
}

// TestFirstReasonOfAnAbortStays: asked twice, it is aborted for what was said first.
func TestFirstReasonOfAnAbortStays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.leftInBaseline("run-a")
	for _, reason := range []string{"the first", "the second"} {
		if _, err := r.service.abort(t.Context(), events.RunAbort{Run: "run-a", Environment: "shop", Reason: reason}); err != nil {
			t.Fatal(err)
		}
	}
	r.server(nil)
	wantVerdict(t, r.finished("run-a"), record.Aborted, ": the first")
}

// TestAbortBeatsTheInjection: the write that would begin an injection sees the abort, and asks
// for no fault.
func TestAbortBeatsTheInjection(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var once sync.Once
	r.server(func(d *Deps) {
		d.Checkpoint = func(at string) {
			if at == record.PhaseInjecting+" recorded" {
				once.Do(func() { _ = r.abort("run-a", "shop") })
			}
		}
	})
	r.start("run-a", long(false))
	wantVerdict(t, r.finished("run-a"), record.Aborted, ": a build of shop")
	if kills, open := r.chaos.state(); kills != 0 || open != 0 {
		t.Errorf("%d kills and %d open faults after the abort was accepted", kills, open)
	}
}
