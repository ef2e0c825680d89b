package pod

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
)

// serve runs the engine with the faults of this package.
func serve(t *testing.T, f *fakeCluster) *chaostest.Rig {
	t.Helper()
	r := chaostest.New(t)
	r.Serve(r.Deps("a", Kinds(f)...))
	return r
}

func marksOf(r *chaostest.Rig) []string {
	var names []string
	for _, m := range chaostest.Of(r, events.RecoveryMarkedTopic) {
		names = append(names, m.Mark+" "+string(m.Role)+" "+m.Label)
	}
	slices.Sort(names)
	return names
}

func TestKindsRecover(t *testing.T) {
	for _, kind := range Kinds(nil) {
		about := kind.Describe()
		t.Run(about.Name, func(t *testing.T) {
			r := serve(t, newTown())
			r.Ask(requestOf(kind))
			if past := r.Closed(); past.Outcome != chaos.OutcomeRecovered {
				t.Fatalf("outcome %q, note %q", past.Outcome, past.Note)
			}
			var want []string
			for _, m := range about.Marks {
				want = append(want, m.Name+" "+string(m.Role)+" "+m.Label)
			}
			slices.Sort(want)
			if d := cmp.Diff(want, marksOf(r)); d != "" {
				t.Error("marks:", d)
			}
			injected := chaostest.Await(r, events.FaultInjectedTopic)
			if injected.Seed != 42 || len(injected.Victims) != 1 || injected.Victims[0].Kind == "" {
				t.Errorf("injected: %+v", injected)
			}
			if reverted := chaostest.Await(r, events.FaultRevertedTopic); !reverted.Recovered || len(reverted.Residue) > 0 {
				t.Errorf("reverted: %+v", reverted)
			}
		})
	}
}

// TestNoFalseGreen has one row for each way in which no pod was removed.
func TestNoFalseGreen(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(*fakeCluster, *events.FaultInject)
		reason  string
	}{
		{"selector matches nothing", func(f *fakeCluster, _ *events.FaultInject) {
			for i := range f.survey.Pods {
				f.survey.Pods[i].Selected = false
			}
		}, "matches none of the 3 pods"},
		{"all terminating", func(f *fakeCluster, _ *events.FaultInject) {
			for i := range f.survey.Pods {
				f.survey.Pods[i].Terminating = true
			}
		}, "already terminating"},
		{"delete refused", func(f *fakeCluster, _ *events.FaultInject) { f.killError = chaos.ErrForbidden }, chaos.ErrForbidden.Error()},
		{"terminating since the survey", func(f *fakeCluster, _ *events.FaultInject) { f.killError = ErrTerminating }, ErrTerminating.Error()},
		{"gone since the survey", func(f *fakeCluster, _ *events.FaultInject) { f.killError = chaos.ErrGone }, chaos.ErrGone.Error()},
		{"answer lost, pod lives", func(f *fakeCluster, _ *events.FaultInject) { f.killError = errors.New("connection reset") }, "connection reset"},
		{"survey refused", func(f *fakeCluster, _ *events.FaultInject) { f.surveyError = chaos.ErrForbidden }, chaos.ErrForbidden.Error()},
		{"watch refused", func(f *fakeCluster, _ *events.FaultInject) { f.watchError = chaos.ErrForbidden }, "watch the target in namespace shop"},
		{"unknown fault", func(_ *fakeCluster, q *events.FaultInject) { q.Kind = "meteor" }, `no fault "meteor"`},
		{"no labels", func(_ *fakeCluster, q *events.FaultInject) { q.Target.Labels = "" }, "target.labels"},
		{"no budget", func(_ *fakeCluster, q *events.FaultInject) { q.Budget = 0 }, "budget"},
		{"percent too small", func(_ *fakeCluster, q *events.FaultInject) { q.Target.Percent = 10 }, "less than one"},
		{"bad grace period", func(_ *fakeCluster, q *events.FaultInject) {
			grace := events.Duration(1500 * time.Millisecond)
			q.GracePeriod = &grace
		}, "params.gracePeriod: is 1.5s"},
		{"unknown parameter", func(_ *fakeCluster, q *events.FaultInject) { q.Params = json.RawMessage(`{"grace":"1s"}`) }, "params.grace: is not a parameter"},
		{"a duration", func(_ *fakeCluster, q *events.FaultInject) { q.Duration = events.Duration(time.Second) }, "duration: pod-kill takes none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f, req := newFake(3), request("f1")
			tc.prepare(f, &req)
			r := serve(t, f)
			r.Ask(req)
			failed := chaostest.Await(r, events.FaultFailedTopic)
			if !strings.Contains(failed.Reason, tc.reason) || len(failed.Victims) > 0 {
				t.Errorf("failed: %+v", failed)
			}
			if past := r.Closed(); past.Outcome != chaos.OutcomeFailed {
				t.Errorf("outcome %q", past.Outcome)
			}
			if reverted := chaostest.Await(r, events.FaultRevertedTopic); reverted.Recovered {
				t.Errorf("reverted: %+v", reverted)
			}
			if n := len(chaostest.Of(r, events.FaultInjectedTopic)); n > 0 {
				t.Errorf("injected was published %d times", n)
			}
		})
	}
}

func TestLostAnswerButKilled(t *testing.T) {
	f := newFake(3)
	f.killError, f.killsAnyway = errors.New("connection reset"), true
	r := serve(t, f)
	r.Ask(request("f1"))
	failed := chaostest.Await(r, events.FaultFailedTopic)
	if len(failed.Victims) != 1 {
		t.Errorf("failed: %+v", failed)
	}
	if past := r.Closed(); past.Outcome != chaos.OutcomeFailed {
		t.Errorf("past: %+v", past)
	}
	marks := chaostest.Of(r, events.RecoveryMarkedTopic)
	if !slices.ContainsFunc(marks, func(m events.RecoveryMarked) bool { return m.Role == events.RoleHealed }) {
		t.Errorf("marks: %+v", marks)
	}
	if marks[0].Role != events.RoleSent || marks[0].Since.IsZero() {
		t.Error("the kill-accepted mark hides that its time is not known")
	}
}

func TestNotRecovered(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(*fakeCluster)
		reason  string
		residue int
	}{
		{"replacement crashes", func(f *fakeCluster) { f.unready = true }, "CrashLoopBackOff", 0},
		{"no replacement", func(f *fakeCluster) { f.sterile = true }, "has made no replacement", 0},
		{"victim lingers", func(f *fakeCluster) { f.lingers = true }, "was not seen gone", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(3)
			tc.prepare(f)
			r := serve(t, f)
			req := request("f1")
			req.Budget = events.Duration(300 * time.Millisecond)
			r.Ask(req)
			reverted := chaostest.Await(r, events.FaultRevertedTopic)
			if reverted.Recovered || !strings.Contains(reverted.Reason, tc.reason) || len(reverted.Residue) != tc.residue {
				t.Errorf("reverted: %+v", reverted)
			}
		})
	}
}

func TestLastReplicaIsRefused(t *testing.T) {
	f := newFake(1)
	r := serve(t, f)
	r.Ask(request("f1"))
	refused := chaostest.Await(r, events.FaultRefusedTopic)
	asked := len(chaos.Guards()) + len(guards()) + len(shareGuards(crowd{}))
	if !strings.Contains(refused.Reason, GuardReplicas) || refused.Advice == "" || len(refused.Decisions) != asked {
		t.Errorf("refused: %+v", refused)
	}
	if pods := f.killed(); pods != 0 {
		t.Errorf("%d pods were killed", pods)
	}
	if past := r.Closed(); past.Outcome != chaos.OutcomeRefused {
		t.Errorf("outcome %q", past.Outcome)
	}
}

// TestBudgetRefusesEviction: the answer of the API server is a refusal by name, and
// no failure.
func TestBudgetRefusesEviction(t *testing.T) {
	f := newFake(3)
	f.survey.Budgets = []Budget{{Name: "pdb", Fresh: true}}
	for _, p := range f.survey.Pods {
		f.survey.Budgets[0].Covers = append(f.survey.Budgets[0].Covers, p.UID)
	}
	r := serve(t, f)
	req := request("f1")
	req.Kind = EvictName
	r.Ask(req)
	refused := chaostest.Await(r, events.FaultRefusedTopic)
	last := refused.Decisions[len(refused.Decisions)-1]
	if !strings.Contains(refused.Reason, GuardBudgets) || refused.Advice == "" || last.Guard != GuardBudgets || last.Allowed {
		t.Errorf("refused: %+v", refused)
	}
	if pods := f.killed(); pods != 0 {
		t.Errorf("%d pods were evicted", pods)
	}
	if past := r.Closed(); past.Outcome != chaos.OutcomeRefused {
		t.Errorf("outcome %q", past.Outcome)
	}
}

// TestGracePeriodIsAParameter: who sends none finds the old field read as one.
func TestGracePeriodIsAParameter(t *testing.T) {
	one, two := events.Duration(time.Second), "2s"
	for _, tc := range []struct {
		name   string
		params string
		want   time.Duration
	}{
		{"the old field", "", time.Second},
		{"the parameter goes first", `{"gracePeriod":"` + two + `"}`, 2 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(3)
			r := serve(t, f)
			req := request("f1")
			req.GracePeriod, req.Params = &one, json.RawMessage(tc.params)
			r.Ask(req)
			r.Closed()
			if f.grace == nil || *f.grace != tc.want {
				t.Errorf("grace %v, want %s", f.grace, tc.want)
			}
		})
	}
}
