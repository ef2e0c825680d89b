package chaos

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
)

func TestKillRecovers(t *testing.T) {
	r := newRig(t, newFake(3))
	r.serve(r.deps("a"))
	r.ask(request("f1"))
	e := r.closed()

	if e.Outcome != OutcomeRecovered {
		t.Fatalf("outcome %q, note %q", e.Outcome, e.Note)
	}
	want := []string{
		events.MarkKillAccepted, events.MarkReplacementReady, events.MarkReplacementScheduled,
		events.MarkReplacementStarted, events.MarkVictimGone,
	}
	if d := cmp.Diff(want, marksOf(e)); d != "" {
		t.Error("marks:", d)
	}
	injected := await(t, r.heard, events.FaultInjectedTopic)
	if injected.Seed != 42 || len(injected.Victims) != 1 || len(injected.Decisions) != len(Guards()) {
		t.Errorf("injected: %s", dump(t, injected))
	}
	if reverted := await(t, r.heard, events.FaultRevertedTopic); !reverted.Recovered || len(reverted.Residue) > 0 {
		t.Errorf("reverted: %s", dump(t, reverted))
	}
	if got := len(of(r.heard, events.RecoveryMarkedTopic)); got != len(want) {
		t.Errorf("%d marks were published, want %d", got, len(want))
	}
}

func TestSameRequestTwiceInjectsOnce(t *testing.T) {
	r := newRig(t, newFake(3))
	r.serve(r.deps("a"))
	r.serve(r.deps("b"))
	req := request("f1")
	for _, id := range []string{"first", "second", "third"} {
		m := events.Meta{ID: id, Source: "test", Time: time.Now(), Correlation: req.Run}
		if err := events.FaultInjectTopic.Publish(t.Context(), r.bus, m, req); err != nil {
			t.Fatal(err)
		}
	}
	r.closed()
	if _, pods := r.cluster.mostKills(); pods != 1 {
		t.Errorf("%d pods were killed, want 1", pods)
	}
}

// TestNoFalseGreen has one row for each way in which nothing was injected.
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
		{"delete refused", func(f *fakeCluster, _ *events.FaultInject) { f.killError = ErrForbidden }, ErrForbidden.Error()},
		{"terminating since the survey", func(f *fakeCluster, _ *events.FaultInject) { f.killError = ErrTerminating }, ErrTerminating.Error()},
		{"gone since the survey", func(f *fakeCluster, _ *events.FaultInject) { f.killError = ErrGone }, ErrGone.Error()},
		{"answer lost, pod lives", func(f *fakeCluster, _ *events.FaultInject) { f.killError = errors.New("connection reset") }, "connection reset"},
		{"survey refused", func(f *fakeCluster, _ *events.FaultInject) { f.surveyError = ErrForbidden }, ErrForbidden.Error()},
		{"watch refused", func(f *fakeCluster, _ *events.FaultInject) { f.watchError = ErrForbidden }, "watch namespace shop"},
		{"unknown fault", func(_ *fakeCluster, q *events.FaultInject) { q.Kind = "meteor" }, `no fault "meteor"`},
		{"no labels", func(_ *fakeCluster, q *events.FaultInject) { q.Target.Labels = "" }, "target.labels"},
		{"no budget", func(_ *fakeCluster, q *events.FaultInject) { q.Budget = 0 }, "budget"},
		{"percent too small", func(_ *fakeCluster, q *events.FaultInject) { q.Target.Percent = 10 }, "less than one pod"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, newFake(3))
			req := request("f1")
			tc.prepare(r.cluster, &req)
			r.serve(r.deps("a"))
			r.ask(req)
			failed := await(t, r.heard, events.FaultFailedTopic)
			if !strings.Contains(failed.Reason, tc.reason) || len(failed.Victims) > 0 {
				t.Errorf("failed: %s", dump(t, failed))
			}
			if e := r.closed(); e.Outcome != OutcomeFailed {
				t.Errorf("outcome %q", e.Outcome)
			}
			if reverted := await(t, r.heard, events.FaultRevertedTopic); reverted.Recovered {
				t.Errorf("reverted: %s", dump(t, reverted))
			}
			if n := len(of(r.heard, events.FaultInjectedTopic)); n > 0 {
				t.Errorf("injected was told %d times", n)
			}
		})
	}
}

func TestLostAnswerButKilled(t *testing.T) {
	r := newRig(t, newFake(3))
	r.cluster.killError, r.cluster.killsAnyway = errors.New("connection reset"), true
	r.serve(r.deps("a"))
	r.ask(request("f1"))
	failed := await(t, r.heard, events.FaultFailedTopic)
	if len(failed.Victims) != 1 {
		t.Errorf("failed: %s", dump(t, failed))
	}
	e := r.closed()
	if e.Outcome != OutcomeFailed || !slices.Contains(marksOf(e), events.MarkReplacementReady) {
		t.Errorf("entry: %s", dump(t, e))
	}
	if e.Marks[0].Since.IsZero() {
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
			r := newRig(t, newFake(3))
			tc.prepare(r.cluster)
			r.serve(r.deps("a"))
			req := request("f1")
			req.Budget = events.Duration(300 * time.Millisecond)
			r.ask(req)
			reverted := await(t, r.heard, events.FaultRevertedTopic)
			if reverted.Recovered || !strings.Contains(reverted.Reason, tc.reason) || len(reverted.Residue) != tc.residue {
				t.Errorf("reverted: %s", dump(t, reverted))
			}
		})
	}
}

func TestRefusedTouchesNothing(t *testing.T) {
	r := newRig(t, newFake(1))
	r.serve(r.deps("a"))
	r.ask(request("f1"))
	refused := await(t, r.heard, events.FaultRefusedTopic)
	if !strings.Contains(refused.Reason, GuardReplicas) || refused.Advice == "" || len(refused.Decisions) != len(Guards()) {
		t.Errorf("refused: %s", dump(t, refused))
	}
	if _, pods := r.cluster.mostKills(); pods != 0 {
		t.Errorf("%d pods were killed", pods)
	}
	if e := r.closed(); e.Outcome != OutcomeRefused {
		t.Errorf("outcome %q", e.Outcome)
	}
}

func TestOpenFaultBlocksItsTarget(t *testing.T) {
	r := newRig(t, newFake(3))
	r.cluster.unready = true
	r.serve(r.deps("a"))
	r.ask(request("f1"))
	await(t, r.heard, events.FaultInjectedTopic)
	r.ask(request("f2"))
	if refused := await(t, r.heard, events.FaultRefusedTopic); !strings.Contains(refused.Reason, GuardNoOtherRun) {
		t.Errorf("refused: %s", dump(t, refused))
	}
}

// TestOneWoundForEachTarget asks for many faults on one target at the same
// moment, in two servers.
func TestOneWoundForEachTarget(t *testing.T) {
	r := newRig(t, newFake(5))
	r.cluster.unready = true
	r.serve(r.deps("a"))
	r.serve(r.deps("b"))
	const faults = 8
	for i := range faults {
		r.ask(request(fmt.Sprintf("f%d", i)))
	}
	eventually(t, "every fault is decided", func() bool {
		return len(of(r.heard, events.FaultInjectedTopic))+len(of(r.heard, events.FaultRefusedTopic)) == faults
	})
	if _, pods := r.cluster.mostKills(); pods > 1 {
		t.Errorf("%d pods of one owner were killed", pods)
	}
}

// TestLostLease takes the lease away from a server: it lets go of the fault.
func TestLostLease(t *testing.T) {
	r := newRig(t, newFake(3))
	r.cluster.unready = true
	d := r.deps("a")
	letGo := make(chan string, 16)
	d.Log = slog.New(slog.NewTextHandler(lines(letGo), nil))
	r.serve(d)
	r.ask(request("f1"))
	eventually(t, "the recovery is watched", func() bool {
		all := r.entries()
		return len(all) == 1 && all[0].State == StateRecovering
	})
	table, err := events.OpenTable[Entry](t.Context(), r.bus, events.Bucket{Name: ledgerBucket})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Modify(t.Context(), "f1", func(e *Entry) error {
		e.Lease, e.EndAsked = e.Lease.Take("another", time.Now(), time.Hour), "now"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for line := range letGo {
		if strings.Contains(line, errLost.Error()) {
			break
		}
	}
	if e := r.entries()[0]; e.State != StateRecovering || e.Lease.Owner != "another" {
		t.Errorf("entry: %s", dump(t, e))
	}
}

// lines is a writer of log lines; those that nobody reads are dropped.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	select {
	case l <- string(line):
	default:
	}
	return len(line), nil
}

func TestMetrics(t *testing.T) {
	r := newRig(t, newFake(3))
	d := r.deps("a")
	registry := prometheus.NewRegistry()
	d.Registerer = registry
	r.serve(d)
	r.ask(request("f1"))
	r.closed()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch f.GetName() {
			case "shakedown_chaos_faults_total":
				got = append(got, fmt.Sprint(m.GetLabel()[1].GetValue(), m.GetCounter().GetValue()))
			case "shakedown_chaos_recovery_seconds":
				got = append(got, fmt.Sprint("recoveries", m.GetHistogram().GetSampleCount()))
			}
		}
	}
	if diff := cmp.Diff([]string{"recovered1", "recoveries1"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRevertEndsEarly(t *testing.T) {
	r := newRig(t, newFake(3))
	r.cluster.unready = true
	r.serve(r.deps("a"))
	r.ask(request("f1"))
	await(t, r.heard, events.FaultInjectedTopic)
	end := events.FaultRevert{Fault: "f1", Reason: "ctrl-C"}
	if err := events.FaultRevertTopic.Publish(t.Context(), r.bus, clockStamp(t).First("run-f1"), end); err != nil {
		t.Fatal(err)
	}
	if e := r.closed(); e.Outcome != OutcomeEnded || !strings.Contains(e.Note, "ctrl-C") {
		t.Errorf("outcome %q, note %q", e.Outcome, e.Note)
	}
}

func TestRevertBeforeInjectRefuses(t *testing.T) {
	r := newRig(t, newFake(3))
	r.serve(r.deps("a"))
	end := events.FaultRevert{Fault: "f1", Reason: "changed my mind"}
	if err := events.FaultRevertTopic.Publish(t.Context(), r.bus, clockStamp(t).First("run-f1"), end); err != nil {
		t.Fatal(err)
	}
	r.closed()
	r.ask(request("f1"))
	if refused := await(t, r.heard, events.FaultRefusedTopic); !strings.Contains(refused.Reason, "changed my mind") {
		t.Errorf("refused: %s", dump(t, refused))
	}
	r.closed()
	if _, pods := r.cluster.mostKills(); pods != 0 {
		t.Errorf("%d pods were killed", pods)
	}
}

func TestShutdownClosesEntries(t *testing.T) {
	r := newRig(t, newFake(3))
	r.cluster.unready = true
	stop := r.serve(r.deps("a"))
	r.ask(request("f1"))
	await(t, r.heard, events.FaultInjectedTopic)
	stop()
	if e := r.closed(); e.Outcome != OutcomeEnded {
		t.Errorf("outcome %q, note %q", e.Outcome, e.Note)
	}
	if reverted := await(t, r.heard, events.FaultRevertedTopic); reverted.Recovered {
		t.Errorf("reverted: %s", dump(t, reverted))
	}
}
