package envs

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// aborting is a small shop whose deploys abort runs.
func aborting(image string) Document {
	d := small("shop", image)
	d.Spec.Chaos.OnDeploy = OnDeployAbort
	return d
}

// deploy asks as CI does, for a revision.
func (r *rig) deploy(d Document, revision string) events.Meta {
	return publish(r, events.EnvironmentCreateTopic, events.EnvironmentCreate{
		Name: d.Metadata.Name, Spec: mustJSON(d), Revision: revision,
	})
}

// aborts answers run.abort with what take makes of it, and returns what was asked for, each
// thing once, in order.
func (r *rig) aborts(take func(events.RunAbort) error) (asked func() []events.RunAbort) {
	r.t.Helper()
	orders := make(chan events.RunAbort, 100)
	sub, err := events.RunAbortCall.Answer(r.t.Context(), r.bus, r.stamp(), func(_ context.Context, a events.RunAbort) (events.RunSummary, error) {
		orders <- a
		return events.RunSummary{Run: a.Run}, take(a)
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(sub.Wait)
	return func() (all []events.RunAbort) {
		seen := map[events.RunAbort]bool{}
		for range len(orders) {
			if o := <-orders; !seen[o] {
				seen[o] = true
				all = append(all, o)
			}
		}
		return all
	}
}

// says waits until the progress of the request of the cause has the text.
func (r *rig) says(cause events.Meta, text string) {
	r.t.Helper()
	filter := events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{events.EnvironmentProgressedTopic.Type()}}
	r.watch(filter, func(e events.Envelope) bool {
		return e.CausationID == cause.ID && strings.Contains(want(r.t, events.EnvironmentProgressedTopic, e).Message, text)
	})
}

// TestBuildAbortsRuns: a build whose document says so asks the runs of its environment to
// end, waits for that, and goes on. The reason names the build.
func TestBuildAbortsRuns(t *testing.T) {
	t.Parallel()
	r, runs := withRuns(t, "run-1", "run-2")
	asked := r.aborts(func(a events.RunAbort) error {
		if a.Run == "run-2" {
			runs.set()
		}
		return nil
	})
	want(t, events.EnvironmentReadyTopic, r.outcome(r.deploy(aborting("v2"), "abc123")))
	if e := r.one(); e.Components[0].Image != "v2" {
		t.Errorf("after the runs: %+v", e)
	}
	reason := "environment shop is deployed by a build: revision abc123, with spec.chaos.onDeploy: abort"
	all := []events.RunAbort{{Run: "run-1", Environment: "shop", Reason: reason}, {Run: "run-2", Environment: "shop", Reason: reason}}
	if diff := cmp.Diff(all, asked()); diff != "" {
		t.Error(diff)
	}
}

func TestAbortReason(t *testing.T) {
	t.Parallel()
	for from, want := range map[Origin]string{
		{}:                                 "environment shop is deployed by hand,",
		{Project: "web"}:                   "environment shop is deployed by a build: project web,",
		{Project: "web", Revision: "a1b2"}: "environment shop is deployed by a build: revision a1b2 of project web,",
	} {
		if got := abortReason(row{ID: "shop", Body: request{Origin: from}}); !strings.HasPrefix(got, want) {
			t.Errorf("%+v: %q, want %q", from, got, want)
		}
	}
}

// TestWaitAbortsNothing: without the word, and with the other one, a build waits.
func TestWaitAbortsNothing(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"", OnDeployWait} {
		t.Run("onDeploy "+word, func(t *testing.T) {
			t.Parallel()
			r, runs := withRuns(t, "run-1")
			asked := r.aborts(func(events.RunAbort) error { return nil })
			d := aborting("v2")
			d.Spec.Chaos.OnDeploy = word
			build := r.create(d)
			r.says(build, "waiting: environment shop is being broken by run run-1")
			runs.set()
			want(t, events.EnvironmentReadyTopic, r.outcome(build))
			if all := asked(); len(all) > 0 {
				t.Errorf("aborted %+v", all)
			}
		})
	}
}

// TestRunsThatAreNotAborted are waited for, and what keeps them is said; a build that has
// waited too long is rejected for it.
func TestRunsThatAreNotAborted(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		// take is nil where nobody answers.
		take func(events.RunAbort) error
		text string
	}{
		{"ignores it", func(events.RunAbort) error { return nil }, "run run-1 (asked to abort)"},
		{"refused", func(events.RunAbort) error { return events.Errorf(events.KindRefused, "", "not in this environment") }, "run run-1 (not aborted: not in this environment)"},
		{"nobody answers", nil, "run run-1 (not aborted: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r, runs := withRuns(t, "run-1")
			if tc.take != nil {
				r.aborts(tc.take)
			}
			build := r.create(aborting("v2"))
			r.says(build, tc.text)
			if e := r.one(); e.Components[0].Image != "v1" {
				t.Errorf("it was changed to %s under a run", e.Components[0].Image)
			}
			runs.set()
			want(t, events.EnvironmentReadyTopic, r.outcome(build))
			runs.set("run-1")
			r.config.RunsDeadline = time.Millisecond
			r.start()
			rejected := want(t, events.EnvironmentRejectedTopic, r.outcome(r.create(aborting("v3"))))
			if !strings.Contains(rejected.Reason, tc.text) {
				t.Errorf("rejected for %q, want %q", rejected.Reason, tc.text)
			}
		})
	}
}

// TestTwoBuildsAbort: of two builds that find a run, the later one is made.
func TestTwoBuildsAbort(t *testing.T) {
	t.Parallel()
	r, runs := withRuns(t, "run-1")
	r.aborts(func(a events.RunAbort) error {
		if strings.Contains(a.Reason, "revision two") {
			runs.set()
		}
		return nil
	})
	r.says(r.deploy(aborting("v2"), "one"), "asked to abort")
	want(t, events.EnvironmentReadyTopic, r.outcome(r.deploy(aborting("v3"), "two")))
	if e := r.one(); e.Components[0].Image != "v3" || e.Revision != "two" {
		t.Errorf("after two builds: %+v", e)
	}
}

// waited says whether the request of the cause has waited for runs.
func (r *rig) waited(cause events.Meta) (waited bool) {
	r.t.Helper()
	filter := events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{events.EnvironmentProgressedTopic.Type()}, UntilCaughtUp: true}
	err := r.bus.Watch(r.t.Context(), filter, func(e events.Envelope) bool {
		waited = e.CausationID == cause.ID && want(r.t, events.EnvironmentProgressedTopic, e).Step == stepRuns
		return !waited
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return waited
}

// TestRejectedDeployAbortsNothing: who may not change an environment ends none of its runs,
// waits for none, and is told so at once.
func TestRejectedDeployAbortsNothing(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]Document{"aborts": aborting("v2"), "waits": small("shop", "v2")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, runs := withRuns(t, "run-1") // shop was made by hand
			asked := r.aborts(func(events.RunAbort) error { runs.set(); return nil })
			time.AfterFunc(10*time.Second, func() { runs.set() })
			build := publish(r, events.EnvironmentCreateTopic, events.EnvironmentCreate{
				Name: "shop", Spec: mustJSON(document), Project: "bank", Revision: "r1",
			})
			want(t, events.EnvironmentRejectedTopic, r.outcome(build))
			if all := asked(); len(all) > 0 {
				t.Errorf("aborted %+v", all)
			}
			if r.waited(build) {
				t.Error("it has waited")
			}
		})
	}
}

// TestDeployOfNothingAbortsNothing: what changes no component disturbs no run.
func TestDeployOfNothingAbortsNothing(t *testing.T) {
	t.Parallel()
	r, runs := withRuns(t)
	asked := r.aborts(func(events.RunAbort) error { runs.set(); return nil })
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(aborting("v2"))))
	runs.set("run-1")
	build := r.create(aborting("v2"))
	r.says(build, "waiting: environment shop is being broken by run run-1")
	runs.set()
	want(t, events.EnvironmentReadyTopic, r.outcome(build))
	if all := asked(); len(all) > 0 {
		t.Errorf("aborted %+v", all)
	}
}

// TestDestroyAbortsNothing: the word is about deploys; a destroy by hand is refused as ever.
func TestDestroyAbortsNothing(t *testing.T) {
	t.Parallel()
	r, runs := withRuns(t)
	asked := r.aborts(func(events.RunAbort) error { return nil })
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(aborting("v2"))))
	runs.set("run-1")
	want(t, events.EnvironmentRejectedTopic, r.outcome(r.destroy("shop")))
	if all := asked(); len(all) > 0 {
		t.Errorf("aborted %+v", all)
	}
}
