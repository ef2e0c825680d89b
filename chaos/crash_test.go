package chaos_test

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

// TestCrashAtEveryStep ends the process at each checkpoint of a fault and starts
// it again on the same store: no victim is hit twice, the fault is closed, and one
// outcome is published.
func TestCrashAtEveryStep(t *testing.T) {
	for _, duration := range []time.Duration{0, 50 * time.Millisecond} {
		for i, step := range stepsOfOneLife(t, duration) {
			t.Run(fmt.Sprintf("%s-%02d-%s", duration, i+1, step), func(t *testing.T) {
				t.Parallel()
				r, l := chaostest.New(t), newLamps(3)
				crash(t, r, l, i+1, duration)
				r.Serve(r.Deps("a", lasting(l, duration)))
				checkAftermath(t, r, l)
			})
		}
	}
}

// TestCrashTwice ends the second life at each of its steps too.
func TestCrashTwice(t *testing.T) {
	for _, first := range []int{2, 4, 9} {
		for second := range 6 {
			t.Run(fmt.Sprintf("%d-%d", first, second+1), func(t *testing.T) {
				t.Parallel()
				r, l := chaostest.New(t), newLamps(3)
				crash(t, r, l, first, 0)
				again := chaostest.NewLife(second + 1)
				stop := r.Serve(again.Mortal(r.Deps("a", l)))
				select {
				case <-again.Died:
				case <-time.After(300 * time.Millisecond):
				}
				stop()
				r.Serve(r.Deps("a", l))
				checkAftermath(t, r, l)
			})
		}
	}
}

// TestAnotherServerTakesOver lets the lease of a dead server lapse: nothing is
// done for the fault before, and everything after.
func TestAnotherServerTakesOver(t *testing.T) {
	for i, step := range stepsOfOneLife(t, 0) {
		t.Run(fmt.Sprintf("%02d-%s", i+1, step), func(t *testing.T) {
			t.Parallel()
			r, l := chaostest.New(t), newLamps(3)
			r.Lease = 3 * time.Second
			crash(t, r, l, i+1, 0)
			open := r.Open()
			held := len(open) == 1 && open[0].Lease.Owner == "a"
			began := time.Now()
			r.Serve(r.Deps("b", l))
			checkAftermath(t, r, l)
			if took := time.Since(began); held && took < open[0].Lease.TTL.Std() {
				t.Errorf("taken over within %s, before the lease lapsed", took)
			}
		})
	}
}

// lasting is the kind, made to take a duration if there is one.
func lasting(l *lamps, d time.Duration) *lamps {
	if d > 0 {
		l.duration = events.DurationRequired
	}
	return l
}

func requestFor(duration time.Duration) events.FaultInject {
	req := request("f1")
	req.Duration = events.Duration(duration)
	return req
}

// stepsOfOneLife are the checkpoints of a fault that goes well.
func stepsOfOneLife(t *testing.T, duration time.Duration) []string {
	t.Helper()
	r := chaostest.New(t)
	l := chaostest.NewLife(0)
	stop := r.Serve(l.Mortal(r.Deps("a", lasting(newLamps(3), duration))))
	r.Ask(requestFor(duration))
	r.Closed()
	stop()
	must := []string{"planned", "claimed", "injecting", "sending", "answered", "recorded", "injected", "recovering", "marked", "ended"}
	if duration > 0 {
		must = append(must, "held")
	}
	for _, step := range must {
		if !slices.Contains(l.Steps(), step) {
			t.Fatalf("checkpoint %s was not passed: %v", step, l.Steps())
		}
	}
	return l.Steps()
}

// crash runs a fault in a process that dies at the given step.
func crash(t *testing.T, r *chaostest.Rig, lamps *lamps, step int, duration time.Duration) {
	t.Helper()
	l := chaostest.NewLife(step)
	stop := r.Serve(l.Mortal(r.Deps("a", lasting(lamps, duration))))
	r.Ask(requestFor(duration))
	select {
	case <-l.Died:
	case <-time.After(eventstest.Patience):
		t.Fatalf("step %d was not reached: %v", step, l.Steps())
	}
	stop()
}

func checkAftermath(t *testing.T, r *chaostest.Rig, l *lamps) {
	t.Helper()
	past := r.Closed()
	if most, victims := l.mostHits(); most > 1 || victims > 1 {
		t.Errorf("%d victims were hit, one of them %d times", victims, most)
	}
	eventstest.Eventually(t, "the end of the fault is published", func() bool {
		return len(chaostest.Of(r, events.FaultRevertedTopic))+len(chaostest.Of(r, events.FaultRefusedTopic)) == 1
	})
	begun := len(chaostest.Of(r, events.FaultInjectedTopic)) + len(chaostest.Of(r, events.FaultFailedTopic))
	if begun != 1 {
		t.Errorf("%d outcomes of the injection were published, want 1", begun)
	}
	checkEvents(t, r)
	if past.Outcome == "" || past.State != string(chaos.StateClosed) {
		t.Errorf("past: %+v", past)
	}
}

// checkEvents wants each event once, and those of chaos with the run as their
// correlation.
func checkEvents(t *testing.T, r *chaostest.Rig) {
	t.Helper()
	ids := make(map[string]bool)
	for _, e := range r.Heard() {
		if ids[e.ID] {
			t.Errorf("event %s %s was stored twice", e.Type, e.ID)
		}
		ids[e.ID] = true
		if e.CorrelationID != "run-f1" && e.Type != events.StopEngagedTopic.Type() && e.Type != events.StopReleasedTopic.Type() {
			t.Errorf("event %s has the correlation %q", e.Type, e.CorrelationID)
		}
	}
}
