package node

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

// serve runs the engine with the faults of this package.
func serve(t *testing.T, f *fakeCluster) *chaostest.Rig {
	t.Helper()
	r := chaostest.New(t)
	r.Serve(r.Deps("a", Kinds(f, f, Options{})...))
	return r
}

func TestNodesRecover(t *testing.T) {
	for _, name := range kindNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			r := serve(t, f)
			r.Ask(request(name))
			if past := r.Closed(); past.Outcome != chaos.OutcomeRecovered {
				t.Fatalf("outcome %q, note %q", past.Outcome, past.Note)
			}
			var want, got []string
			for _, m := range f.kind(name).Describe().Marks {
				want = append(want, m.Name+" "+string(m.Role))
			}
			for _, m := range chaostest.Of(r, events.RecoveryMarkedTopic) {
				got = append(got, m.Mark+" "+string(m.Role))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error("marks:", d)
			}
			injected := chaostest.Await(r, events.FaultInjectedTopic)
			if v := injected.Victims; len(v) != 1 || v[0].Kind != "node" || v[0].UID != "" || v[0].Namespace != "" {
				t.Errorf("victims %+v", v)
			}
			reverted := chaostest.Await(r, events.FaultRevertedTopic)
			if !reverted.Recovered || len(reverted.Residue) > 0 {
				t.Errorf("reverted: %+v", reverted)
			}
			if err := f.mended(); err != nil || f.hit() != 1 {
				t.Errorf("%d nodes were hit; left: %v", f.hit(), err)
			}
		})
	}
}

// TestDrainThatCannotEnd: it ends at its timeout, is failed with every pod named, and the
// node is as it was.
func TestDrainThatCannotEnd(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.only("worker-1")
	f.blocked["api-2"] = "Cannot evict pod as it would violate the pod's disruption budget."
	f.put("shop", api(), func(p *Pod) { p.Ready, p.Trouble, p.Node = false, "container api: CrashLoopBackOff", "worker-2" })
	f.budgets = []pod.Budget{{Name: "api", Fresh: true, Covers: []string{"uid-api-2", "uid-api-4", "uid-api-10"}}}
	r := serve(t, f)
	req := request(DrainName)
	req.Params = []byte(`{"timeout": "1s"}`)
	r.Ask(req)
	failed := chaostest.Await(r, events.FaultFailedTopic)
	const want = "node-drain on node worker-1: the drain did not end within its timeout of 1s: evicted: shop/api-1; " +
		"blocked: shop/api-2 (Cannot evict pod as it would violate the pod's disruption budget.; " +
		"not ready, and counted by the budget: api-10 (container api: CrashLoopBackOff)); " +
		"skipped: shop/agent-3 (ignoring DaemonSet-managed Pods)"
	if d := cmp.Diff(want, failed.Reason); d != "" || len(failed.Victims) != 1 {
		t.Errorf("victims %v, reason: %s", failed.Victims, d)
	}
	r.Revert(req.Run, req.Fault, "the run is over")
	if past := r.Closed(); past.Outcome != chaos.OutcomeFailed {
		t.Errorf("outcome %q", past.Outcome)
	}
	if n := len(chaostest.Of(r, events.FaultInjectedTopic)); n > 0 {
		t.Error("it was published as injected")
	}
	for _, m := range chaostest.Of(r, events.RecoveryMarkedTopic) {
		if m.Role == events.RoleEffect || m.Role == events.RoleHealed {
			t.Errorf("a node that was not drained has the mark %s", m.Mark)
		}
	}
	if err := f.mended(); err != nil {
		t.Error(err)
	}
}

// TestDrainOfASilentNode: who reads why a drain did not end reads that its node is not Ready.
func TestDrainOfASilentNode(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.only("worker-1")
	f.blocked["api-2"] = "it does not end"
	f.before = func() {
		f.alter("worker-1", func(n *Node) { n.Ready, n.Trouble = false, "NodeStatusUnknown: Kubelet stopped posting node status." })
	}
	r := serve(t, f)
	req := request(DrainName)
	req.Params = []byte(`{"timeout": "1s"}`)
	r.Ask(req)
	failed := chaostest.Await(r, events.FaultFailedTopic)
	const want = "did not end within its timeout of 1s; node worker-1 is not Ready (NodeStatusUnknown: Kubelet stopped posting node status.): evicted: "
	if !strings.Contains(failed.Reason, want) {
		t.Errorf("reason %q, want in it %q", failed.Reason, want)
	}
	r.Revert(req.Run, req.Fault, "the run is over")
	r.Closed()
}

// TestDrainThatIsStopped: the emergency stop ends a drain that waits for a budget.
func TestDrainThatIsStopped(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.only("worker-1")
	f.blocked["api-2"] = "a budget"
	r := serve(t, f)
	r.Ask(request(DrainName))
	eventstest.Eventually(t, "the node is cordoned", func() bool { return f.hit() == 1 })
	if _, err := events.StopCall.Ask(t.Context(), r.Bus, chaostest.Stamp().First("stop"), events.StopRequest{Reason: "enough"}); err != nil {
		t.Fatal(err)
	}
	r.Closed()
	if err := f.mended(); err != nil {
		t.Error(err)
	}
}

// TestHandMadeCordonStays, before the fault or while it is open.
func TestHandMadeCordonStays(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.only("worker-1")
	f.alter("worker-1", func(n *Node) { n.Unschedulable = true })
	r := serve(t, f)
	r.Ask(request(DrainName))
	if past := r.Closed(); past.Outcome != chaos.OutcomeRecovered {
		t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
	}
	if n := f.nodes[1]; !n.Unschedulable || n.Mark != nil || f.uncordons != 1 {
		t.Errorf("node %+v, uncordoned %d times", n, f.uncordons)
	}
}

// TestNoFalseGreen has one row for each way in which no node was hit.
func TestNoFalseGreen(t *testing.T) {
	for _, tc := range []struct {
		name, kind string
		prepare    func(*fakeCluster)
		reason     string
	}{
		{"nothing of the namespace runs there", DrainName, func(f *fakeCluster) { f.only("control") }, "0 of these run a pod"},
		{"cordon refused", DrainName, func(f *fakeCluster) { f.cordonError = chaos.ErrForbidden }, chaos.ErrForbidden.Error()},
		{"answer lost, node not cordoned", DrainName, func(f *fakeCluster) { f.cordonError = errors.New("connection reset") }, "connection reset"},
		{"switch refused", KillName, func(f *fakeCluster) { f.powerError = chaos.ErrForbidden }, chaos.ErrForbidden.Error()},
		{"answer lost, machine on", KillName, func(f *fakeCluster) { f.powerError = errors.New("connection reset") }, "connection reset"},
	} {
		t.Run(tc.kind+"/"+tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			tc.prepare(f)
			r := serve(t, f)
			r.Ask(request(tc.kind))
			failed := chaostest.Await(r, events.FaultFailedTopic)
			if !strings.Contains(failed.Reason, tc.reason) || len(failed.Victims) > 0 {
				t.Errorf("failed: %+v", failed)
			}
			if past := r.Closed(); past.Outcome != chaos.OutcomeFailed {
				t.Errorf("outcome %q", past.Outcome)
			}
			if err := f.mended(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAnswerLost: a machine that was switched off is switched on again, though nobody was
// told that it was.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.powerError, f.powerAnyway = errors.New("connection reset"), true
	r := serve(t, f)
	req := request(KillName)
	r.Ask(req)
	failed := chaostest.Await(r, events.FaultFailedTopic)
	if len(failed.Victims) != 1 {
		t.Errorf("failed: %+v", failed)
	}
	r.Closed()
	if err := f.mended(); err != nil {
		t.Error(err)
	}
}

// TestOffByHand: a machine that somebody else has switched off in the last moment is not
// ours to switch on.
func TestOffByHand(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.only("worker-1")
	f.before = func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.machines["worker-1"] = false
	}
	r := serve(t, f)
	r.Ask(request(KillName))
	failed := chaostest.Await(r, events.FaultFailedTopic)
	r.Closed()
	if !strings.Contains(failed.Reason, "off already") || f.shines > 0 {
		t.Errorf("failed: %+v, switched on %d times", failed, f.shines)
	}
}

// TestNeverMissed: a node whose loss the API server never noticed was not seen to be hit.
func TestNeverMissed(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.quiet = true
	r := serve(t, f)
	req := request(KillName)
	req.Budget = events.Duration(300 * time.Millisecond)
	r.Ask(req)
	past := r.Closed()
	if past.Outcome != chaos.OutcomeNotRecovered || !strings.Contains(past.Note, "was not seen not Ready") {
		t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
	}
	effect := func(m events.RecoveryMarked) bool { return m.Role == events.RoleEffect }
	if slices.ContainsFunc(chaostest.Of(r, events.RecoveryMarkedTopic), effect) {
		t.Error("an effect was marked")
	}
}

// TestNotBack: what does not come back is named.
func TestNotBack(t *testing.T) {
	for _, tc := range []struct {
		kind    string
		prepare func(*fakeCluster)
		note    string
	}{
		{DrainName, func(f *fakeCluster) { f.sterile = true }, "Deployment/api of namespace shop has 4 ready pods, and had 6"},
		{DrainName, func(f *fakeCluster) { f.unready = true }, "Deployment/api of namespace shop has 4 ready pods, and had 6"},
		{KillName, func(f *fakeCluster) { f.sterile = true }, "has 4 ready pods, and had 6"},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.only("worker-1")
			tc.prepare(f)
			r := serve(t, f)
			req := request(tc.kind)
			req.Budget = events.Duration(300 * time.Millisecond)
			r.Ask(req)
			past := r.Closed()
			if past.Outcome != chaos.OutcomeNotRecovered || !strings.Contains(past.Note, tc.note) {
				t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
			}
			if err := f.mended(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRevertOfWhatWasNotAnswered: what was sent and not answered is mended, whether it was
// seen to be in effect or not; what was surely not hit is left alone.
func TestRevertOfWhatWasNotAnswered(t *testing.T) {
	for _, name := range kindNames() {
		f := newFake()
		kind := f.kind(name)
		survey, err := kind.Survey(t.Context(), request(name), 7)
		if err != nil {
			t.Fatal(err)
		}
		victims, err := survey.Victims()
		if err != nil {
			t.Fatal(err)
		}
		o := chaos.Order{Request: request(name), Victims: victims, Kept: survey.Kept()}
		ctx, cancel := context.WithTimeout(t.Context(), eventstest.Patience)
		defer cancel()
		if err := kind.Inject(ctx, o, victims[0].Victim); err != nil {
			t.Fatal(err)
		}
		for _, answered := range []bool{true, false} {
			o.Victims[0].Sent, o.Victims[0].Answered = time.Now(), answered
			residue, err := kind.Revert(ctx, o)
			if left := f.mended(); err != nil || len(residue) > 0 || (left != nil) != answered {
				t.Errorf("%s, answered %v: residue %v, error %v, left %v", name, answered, residue, err, left)
			}
		}
	}
}

// TestCordonedInTheLastMoment: what somebody cordons between our reading and our writing
// stays cordoned, and counts as it was.
func TestCordonedInTheLastMoment(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.only("worker-1")
	f.before = func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.alter("worker-1", func(n *Node) { n.Unschedulable = n.Mark == nil || n.Unschedulable })
	}
	r := serve(t, f)
	r.Ask(request(DrainName))
	if past := r.Closed(); past.Outcome != chaos.OutcomeRecovered {
		t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
	}
	if n := f.nodes[1]; !n.Unschedulable || n.Mark != nil {
		t.Errorf("node %+v", n)
	}
}

// TestDrainLeavesWhatNobodyJudged: a pod that comes between the guards and the cordon, in a
// namespace that no guard has asked, and one that has ended.
func TestDrainLeavesWhatNobodyJudged(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.only("worker-1")
	f.put("bank", api(), func(p *Pod) { p.Node, p.Running, p.Ready, p.Finished = "worker-1", false, false, true })
	f.before = sync.OnceFunc(func() { f.put("bank", api(), func(p *Pod) { p.Node = "worker-1" }) })
	r := serve(t, f)
	r.Ask(request(DrainName))
	if past := r.Closed(); past.Outcome != chaos.OutcomeRecovered {
		t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
	}
	left := slices.DeleteFunc(slices.Clone(f.pods), func(p Pod) bool { return p.Namespace != "bank" })
	if len(left) != 2 {
		t.Errorf("of two pods of a namespace that nobody has asked are left: %v", left)
	}
}

// TestEffectIsOurs: a node that another fault has cordoned was not cordoned by this one.
func TestEffectIsOurs(t *testing.T) {
	f, req := newFake(), request(DrainName)
	f.alter("worker-1", func(n *Node) { n.Unschedulable, n.Mark = true, &Mark{Fault: "f0"} })
	v := events.Victim{Kind: "node", Name: "worker-1", ID: "uid-worker-1"}
	in, seen, err := f.kind(DrainName).Effect(t.Context(), chaos.Order{Request: req}, v)
	if in || seen == "" || err != nil {
		t.Errorf("in effect %v, seen %q, error %v", in, seen, err)
	}
}

// TestStalledBeforeTheAct: a process that loses its lease between its last look and the act
// takes it back itself, for whoever has taken over found nothing.
func TestStalledBeforeTheAct(t *testing.T) {
	for _, name := range kindNames() {
		f := newFake()
		kind := f.kind(name)
		survey, err := kind.Survey(t.Context(), request(name), 7)
		if err != nil {
			t.Fatal(err)
		}
		victims, err := survey.Victims()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), eventstest.Patience)
		defer cancel()
		lost := events.WithFence(ctx, func() error {
			if f.hit() > 0 {
				return errors.New("the lease is lost")
			}
			return nil
		})
		o := chaos.Order{Request: request(name), Victims: victims, Kept: survey.Kept()}
		err = kind.Inject(lost, o, victims[0].Victim)
		if left := f.mended(); err == nil || chaos.IsUntouched(err) || left != nil || f.hit() != 1 || len(f.pods) != 9 {
			t.Errorf("%s: error %v, left %v, %d hit, %d pods", name, err, left, f.hit(), len(f.pods))
		}
	}
}
