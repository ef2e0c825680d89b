package chaos

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// TestCrashAtEveryStep ends the process at each checkpoint of a fault and starts
// it again on the same store: no pod is killed twice, the entry is closed, and
// one outcome is told.
func TestCrashAtEveryStep(t *testing.T) {
	steps := stepsOfOneLife(t, "a")
	for i, step := range steps {
		t.Run(fmt.Sprintf("%02d-%s", i+1, step), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, newFake(3))
			crash(t, r, i+1)
			r.serve(r.deps("a"))
			checkAftermath(t, r)
		})
	}
}

// TestCrashTwice ends the second life at each of its steps too.
func TestCrashTwice(t *testing.T) {
	for _, first := range []int{2, 4, 9} {
		for second := range 6 {
			t.Run(fmt.Sprintf("%d-%d", first, second+1), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, newFake(3))
				crash(t, r, first)
				again := newLife(second + 1)
				stop := r.serve(again.mortal(r.deps("a")))
				select {
				case <-again.died:
				case <-time.After(300 * time.Millisecond):
				}
				stop()
				r.serve(r.deps("a"))
				checkAftermath(t, r)
			})
		}
	}
}

// TestAnotherServerTakesOver lets the lease of a dead server lapse: nothing is
// done for the fault before, and everything after.
func TestAnotherServerTakesOver(t *testing.T) {
	for _, step := range []int{1, 4, 7, 9, 13} {
		t.Run(fmt.Sprint(step), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, newFake(3))
			crash(t, r, step)
			lapses := r.entries()[0].Lease.Expires
			r.serve(r.deps("b"))
			checkAftermath(t, r)
			if now := time.Now(); now.Before(lapses) {
				t.Errorf("taken over %s before the lease lapsed", lapses.Sub(now))
			}
		})
	}
}

// stepsOfOneLife are the checkpoints of a fault that goes well.
func stepsOfOneLife(t *testing.T, owner string) []string {
	t.Helper()
	r := newRig(t, newFake(3))
	l := newLife(0)
	stop := r.serve(l.mortal(r.deps(owner)))
	r.ask(request("f1"))
	r.closed()
	stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, must := range []string{"planned", "injecting", "striking", "struck", "recorded", "injected", "recovering", "marked", "closed"} {
		if !slices.Contains(l.steps, must) {
			t.Fatalf("checkpoint %s was not passed: %v", must, l.steps)
		}
	}
	return slices.Clone(l.steps)
}

// crash runs a fault in a process that dies at the given step.
func crash(t *testing.T, r *rig, step int) {
	t.Helper()
	l := newLife(step)
	stop := r.serve(l.mortal(r.deps("a")))
	r.ask(request("f1"))
	select {
	case <-l.died:
	case <-time.After(patience):
		t.Fatalf("step %d was not reached: %v", step, l.steps)
	}
	stop()
}

func checkAftermath(t *testing.T, r *rig) {
	t.Helper()
	e := r.closed()
	if most, pods := r.cluster.mostKills(); most > 1 || pods > 1 {
		t.Errorf("%d pods were killed, one of them %d times", pods, most)
	}
	eventually(t, "the end of the fault is told", func() bool {
		return len(of(r.heard, events.FaultRevertedTopic))+len(of(r.heard, events.FaultRefusedTopic)) == 1
	})
	begun := len(of(r.heard, events.FaultInjectedTopic)) + len(of(r.heard, events.FaultFailedTopic))
	if begun != 1 {
		t.Errorf("%d outcomes of the injection were told, want 1", begun)
	}
	r.heard.mu.Lock()
	defer r.heard.mu.Unlock()
	for id, n := range r.heard.ids {
		if n > 1 {
			t.Errorf("event %s was stored %d times", id, n)
		}
	}
	if e.Outcome == "" || !e.Lease.Expires.IsZero() {
		t.Errorf("entry: %s", dump(t, e))
	}
}
