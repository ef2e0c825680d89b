package chaos

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

func (r *rig) stop() events.StopState {
	r.t.Helper()
	state, err := events.StopCall.Ask(r.t.Context(), r.bus, clockStamp(r.t).First(""), events.StopRequest{Reason: "smoke", By: "test"})
	if err != nil {
		r.t.Fatal(err)
	}
	return state
}

func (r *rig) resume() events.StopState {
	r.t.Helper()
	state, err := events.ResumeCall.Ask(r.t.Context(), r.bus, clockStamp(r.t).First(""), events.StopRequest{By: "test"})
	if err != nil {
		r.t.Fatal(err)
	}
	return state
}

func (r *rig) stopState() events.StopState {
	r.t.Helper()
	state, err := events.StopStateCall.Ask(r.t.Context(), r.bus, clockStamp(r.t).First(""), events.Nothing{})
	if err != nil {
		r.t.Fatal(err)
	}
	return state
}

func TestStopEndsWhatIsOpen(t *testing.T) {
	r := newRig(t, newFake(3))
	r.cluster.unready = true
	r.serve(r.deps("a"))
	r.ask(request("f1"))
	await(t, r.heard, events.FaultInjectedTopic)

	state := r.stop()
	if !state.Engaged || !slices.Equal(state.Reverted, []string{"f1"}) || len(state.Open) > 0 {
		t.Fatalf("stop: %+v", state)
	}
	if e := r.closed(); e.Outcome != OutcomeEnded || !strings.Contains(e.Note, "smoke") {
		t.Errorf("outcome %q, note %q", e.Outcome, e.Note)
	}
	if engaged := await(t, r.heard, events.StopEngagedTopic); engaged.Reason != "smoke" {
		t.Errorf("engaged: %+v", engaged)
	}
}

func TestStopReachesTheOtherReplica(t *testing.T) {
	r := newRig(t, newFake(3))
	r.cluster.unready = true
	r.serve(r.deps("a"))
	r.ask(request("f1"))
	await(t, r.heard, events.FaultInjectedTopic)
	r.serve(r.deps("b"))
	// Either replica may answer; both must be able to.
	for range 4 {
		if state := r.stop(); len(state.Open) > 0 {
			t.Fatalf("stop: %+v", state)
		}
	}
	r.closed()
}

func TestStopRefusesUntilResume(t *testing.T) {
	r := newRig(t, newFake(3))
	end := r.serve(r.deps("a"))
	if state := r.stop(); !state.Engaged || len(state.Reverted) > 0 {
		t.Fatalf("stop: %+v", state)
	}
	r.ask(request("f1"))
	if refused := await(t, r.heard, events.FaultRefusedTopic); !strings.Contains(refused.Reason, GuardStop) {
		t.Errorf("refused: %s", dump(t, refused))
	}

	end()
	r.serve(r.deps("a"))
	if state := r.stopState(); !state.Engaged || state.Reason != "smoke" {
		t.Errorf("after a restart: %+v", state)
	}
	if state := r.resume(); state.Engaged {
		t.Errorf("resume: %+v", state)
	}
	await(t, r.heard, events.StopReleasedTopic)
	r.ask(request("f2"))
	await(t, r.heard, events.FaultInjectedTopic)
}

func TestStopTellsWhatIsNotReverted(t *testing.T) {
	r := newRig(t, newFake(3))
	hold, held := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(held) })
	r.cluster.beforeKill = func() { once(); <-hold }
	d := r.deps("a")
	d.Config.StopWait = 100 * time.Millisecond
	r.serve(d)
	r.ask(request("f1"))
	<-held
	state := r.stop()
	close(hold)
	if !slices.Equal(state.Open, []string{"f1"}) || len(state.Reverted) > 0 {
		t.Errorf("stop: %+v", state)
	}
	r.closed()
}

func TestStopNeedsAReason(t *testing.T) {
	r := newRig(t, newFake(1))
	r.serve(r.deps("a"))
	_, err := events.StopCall.Ask(t.Context(), r.bus, clockStamp(t).First(""), events.StopRequest{})
	if err == nil || !strings.Contains(err.Error(), "needs a reason") {
		t.Errorf("error %v", err)
	}
}

// TestStopAtEveryStep pulls the stop at each checkpoint of a fault: it ends
// closed, no pod dies afterwards, and nothing is called recovered that is not.
func TestStopAtEveryStep(t *testing.T) {
	steps := stepsOfOneLife(t, "a")
	for i, step := range steps {
		t.Run(fmt.Sprintf("%02d-%s", i+1, step), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, newFake(3))
			r.cluster.unready = step == "recovering" || step == "marked"
			var mu sync.Mutex
			passed := 0
			answered := make(chan events.StopState, 1)
			d := r.deps("a")
			d.Checkpoint = func(string) {
				mu.Lock()
				passed++
				now := passed == i+1
				mu.Unlock()
				if now {
					go func() { answered <- r.stop() }()
					eventually(t, "the stop is written", func() bool { return len(of(r.heard, events.StopEngagedTopic)) > 0 })
				}
			}
			r.serve(d)
			r.ask(request("f1"))
			if state := <-answered; !state.Engaged || len(state.Open) > 0 {
				t.Errorf("stop: %+v", state)
			}
			e := r.closed()
			_, pods := r.cluster.mostKills()
			if (e.Outcome == OutcomeRefused) != (pods == 0) {
				t.Errorf("outcome %s, %d pods were killed", e.Outcome, pods)
			}
		})
	}
}

func TestLedgerIsListed(t *testing.T) {
	r := newRig(t, newFake(3))
	r.serve(r.deps("a"))
	r.ask(request("f1"))
	r.closed()
	for _, open := range []bool{true, false} {
		answer, err := events.LedgerListCall.Ask(t.Context(), r.bus, clockStamp(t).First(""), events.LedgerQuery{Open: open})
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{true: 0, false: 1}[open]; len(answer.Entries) != want {
			t.Errorf("open %v: %s", open, dump(t, answer))
		}
	}
}
