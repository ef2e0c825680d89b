package chaos_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

func TestRevertEndsEarly(t *testing.T) {
	for _, duration := range []time.Duration{0, time.Hour} {
		t.Run(duration.String(), func(t *testing.T) {
			r, l := chaostest.New(t), lasting(newLamps(3), duration)
			l.dark = true
			r.Serve(r.Deps("a", l))
			r.Ask(requestFor(duration))
			chaostest.Await(r, events.FaultInjectedTopic)
			r.Revert("run-f1", "f1", "ctrl-C")
			if past := r.Closed(); past.Outcome != chaos.OutcomeEnded || !strings.Contains(past.Note, "ctrl-C") {
				t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
			}
			if l.reverts == 0 {
				t.Error("nothing was reverted")
			}
			checkOneEnd(t, r)
		})
	}
}

// TestRevertBeforeInjectRefuses: the end is published before the fault is heard of,
// and the request is refused when it comes.
func TestRevertBeforeInjectRefuses(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	r.Serve(r.Deps("a", l))
	r.Revert("run-f1", "f1", "changed my mind")
	if reverted := chaostest.Await(r, events.FaultRevertedTopic); reverted.Run != "run-f1" || reverted.Recovered {
		t.Errorf("reverted: %+v", reverted)
	}
	r.Closed()
	r.Ask(request("f1"))
	if refused := chaostest.Await(r, events.FaultRefusedTopic); !strings.Contains(refused.Reason, "changed my mind") {
		t.Errorf("refused: %+v", refused)
	}
	r.Closed()
	if _, victims := l.mostHits(); victims != 0 {
		t.Errorf("%d victims were hit", victims)
	}
	checkOneEnd(t, r)
}

// TestRevertOfARefusedFault: who asks for its end hears of it.
func TestRevertOfARefusedFault(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	delete(l.labels, events.LabelChaos)
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	chaostest.Await(r, events.FaultRefusedTopic)
	r.Closed()
	r.Revert("run-f1", "f1", "to be sure")
	if reverted := chaostest.Await(r, events.FaultRevertedTopic); reverted.Run != "run-f1" || reverted.Recovered {
		t.Errorf("reverted: %+v", reverted)
	}
	checkOneEnd(t, r)
}

// TestRevertAfterTheEnd: the end was published, and is not published again.
func TestRevertAfterTheEnd(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	r.Closed()
	r.Revert("run-f1", "f1", "late")
	r.Revert("run-f2", "f2", "a fault that nobody knows")
	eventstest.Eventually(t, "the second end is published", func() bool { return len(chaostest.Of(r, events.FaultRevertedTopic)) == 2 })
	if ends := chaostest.Of(r, events.FaultRevertedTopic); !ends[0].Recovered || ends[1].Fault != "f2" {
		t.Errorf("ends: %+v", ends)
	}
}

// checkOneEnd wants exactly one end, and every event with its run.
func checkOneEnd(t *testing.T, r *chaostest.Rig) {
	t.Helper()
	chaostest.Await(r, events.FaultRevertedTopic)
	if n := len(chaostest.Of(r, events.FaultRevertedTopic)); n != 1 {
		t.Errorf("%d ends were published", n)
	}
	checkEvents(t, r)
}
