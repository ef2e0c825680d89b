package node

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

func kindsOf(f *fakeCluster) []chaos.Kind { return Kinds(f, f, Options{}) }

// stepsOfOneLife are the checkpoints of a fault that goes well.
func stepsOfOneLife(t *testing.T, kind string) []string {
	t.Helper()
	r, l := chaostest.New(t), chaostest.NewLife(0)
	stop := r.Serve(l.Mortal(r.Deps("a", kindsOf(newFake())...)))
	r.Ask(request(kind))
	r.Closed()
	stop()
	for _, must := range []string{"injecting", "sending", "answered", "recorded", "injected", "recovering", "held", "marked", "reverted", "ended"} {
		if !slices.Contains(l.Steps(), must) {
			t.Fatalf("checkpoint %s was not passed: %v", must, l.Steps())
		}
	}
	return l.Steps()
}

// TestKilledAtEveryStep kills the process at each checkpoint of a fault; the next one, or
// another server, leaves no node cordoned or off, and hits none twice.
func TestKilledAtEveryStep(t *testing.T) {
	for _, kind := range kindNames() {
		for i, step := range stepsOfOneLife(t, kind) {
			next := []string{"a", "a", "a", "b"}[i%4]
			t.Run(fmt.Sprintf("%s-%02d-%s-%s", kind, i+1, step, next), func(t *testing.T) {
				t.Parallel()
				r, f, l := chaostest.New(t), newFake(), chaostest.NewLife(i+1)
				r.Lease = 3 * time.Second
				stop := r.Serve(l.Mortal(r.Deps("a", kindsOf(f)...)))
				r.Ask(request(kind))
				awaitDeath(t, l)
				stop()
				r.Serve(r.Deps(next, kindsOf(f)...))
				checkAftermath(t, r, f)
			})
		}
	}
}

func awaitDeath(t *testing.T, l *chaostest.Life) {
	t.Helper()
	select {
	case <-l.Died:
	case <-time.After(eventstest.Patience):
		t.Fatalf("it did not die: %v", l.Steps())
	}
}

// checkAftermath wants the fault closed with one outcome, and nothing left.
func checkAftermath(t *testing.T, r *chaostest.Rig, f *fakeCluster) {
	t.Helper()
	r.Closed()
	if err := f.mended(); err != nil {
		t.Error(err)
	}
	eventstest.Eventually(t, "the end of the fault is published", func() bool {
		return len(chaostest.Of(r, events.FaultRevertedTopic))+len(chaostest.Of(r, events.FaultRefusedTopic)) == 1
	})
	if n := len(chaostest.Of(r, events.FaultInjectedTopic)) + len(chaostest.Of(r, events.FaultFailedTopic)); n != 1 {
		t.Errorf("%d outcomes of the injection were published", n)
	}
}

// TestKilledInTheMiddle: between the cordon and the last eviction, and with a machine that
// was just switched off. Another server knows nothing but the ledger and what is there.
func TestKilledInTheMiddle(t *testing.T) {
	for _, kind := range kindNames() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			r, f, l := chaostest.New(t), newFake(), chaostest.NewLife(0)
			r.Lease = 3 * time.Second
			f.only("worker-1")
			f.blocked["api-2"] = "a budget"
			if kind == KillName {
				f.killed = l.Kill
			}
			stop := r.Serve(l.Mortal(r.Deps("a", kindsOf(f)...)))
			r.Ask(request(kind))
			if kind == DrainName {
				eventstest.Eventually(t, "the node is cordoned", func() bool { return f.hit() == 1 })
				l.Kill()
			}
			awaitDeath(t, l)
			stop()
			r.Serve(r.Deps("b", kindsOf(f)...))
			if failed := chaostest.Await(r, events.FaultFailedTopic); len(failed.Victims) != 1 {
				t.Errorf("failed: %+v", failed)
			}
			checkAftermath(t, r, f)
		})
	}
}
