package chaos_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

func stopAll(t *testing.T, r *chaostest.Rig) events.StopState {
	t.Helper()
	return ask(t, r, events.StopCall, events.StopRequest{Reason: "smoke", By: "test"})
}

// ask makes a call that must be answered.
func ask[Req, Resp any](t testing.TB, r *chaostest.Rig, call events.Call[Req, Resp], req Req) Resp {
	t.Helper()
	resp, err := call.Ask(t.Context(), r.Bus, chaostest.Stamp().First(""), req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestStopEndsWhatIsOpen(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	l.dark = true
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	chaostest.Await(r, events.FaultInjectedTopic)

	state := stopAll(t, r)
	if !state.Engaged || !slices.Equal(state.Reverted, []string{"f1"}) || len(state.Open) > 0 {
		t.Fatalf("stop: %+v", state)
	}
	if e := r.Closed(); e.Outcome != chaos.OutcomeEnded || !strings.Contains(e.Note, "smoke") {
		t.Errorf("outcome %q, note %q", e.Outcome, e.Note)
	}
	if engaged := chaostest.Await(r, events.StopEngagedTopic); engaged.Reason != "smoke" {
		t.Errorf("engaged: %+v", engaged)
	}
}

func TestStopReachesTheOtherReplica(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	l.dark = true
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	chaostest.Await(r, events.FaultInjectedTopic)
	r.Serve(r.Deps("b", l))
	// Either replica may answer; both must be able to.
	for range 4 {
		if state := stopAll(t, r); len(state.Open) > 0 {
			t.Fatalf("stop: %+v", state)
		}
	}
	r.Closed()
}

func TestStopRefusesUntilResume(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	end := r.Serve(r.Deps("a", l))
	if state := stopAll(t, r); !state.Engaged || len(state.Reverted) > 0 {
		t.Fatalf("stop: %+v", state)
	}
	r.Ask(request("f1"))
	if refused := chaostest.Await(r, events.FaultRefusedTopic); !strings.Contains(refused.Reason, chaos.GuardStop) {
		t.Errorf("refused: %+v", refused)
	}

	end()
	r.Serve(r.Deps("a", l))
	if state := ask(t, r, events.StopStateCall, events.Nothing{}); !state.Engaged || state.Reason != "smoke" {
		t.Errorf("after a restart: %+v", state)
	}
	if state := ask(t, r, events.ResumeCall, events.StopRequest{By: "test"}); state.Engaged {
		t.Errorf("resume: %+v", state)
	}
	chaostest.Await(r, events.StopReleasedTopic)
	r.Ask(request("f2"))
	chaostest.Await(r, events.FaultInjectedTopic)
}

func TestStopReportsWhatIsNotReverted(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	hold, held := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(held) })
	l.before = func(context.Context) { once(); <-hold }
	d := r.Deps("a", l)
	d.Config.StopWait = 100 * time.Millisecond
	r.Serve(d)
	r.Ask(request("f1"))
	<-held
	state := stopAll(t, r)
	close(hold)
	if !slices.Equal(state.Open, []string{"f1"}) || len(state.Reverted) > 0 {
		t.Errorf("stop: %+v", state)
	}
	r.Closed()
}

// TestStopAnswersInTime: whoever pulls the stop is answered before his patience ends,
// and so learns that it is engaged and what is not reverted yet.
func TestStopAnswersInTime(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	hold, held := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(held) })
	l.before = func(context.Context) { once(); <-hold }
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // less than StopWait
	defer cancel()
	state, err := events.StopCall.Ask(ctx, r.Bus, chaostest.Stamp().First(""), events.StopRequest{Reason: "smoke", By: "test"})
	close(hold)
	if err != nil || !state.Engaged || !slices.Equal(state.Open, []string{"f1"}) {
		t.Errorf("stop: %+v, %v", state, err)
	}
	r.Closed()
}

func TestStopNeedsAReason(t *testing.T) {
	r, l := chaostest.New(t), newLamps(1)
	r.Serve(r.Deps("a", l))
	_, err := events.StopCall.Ask(t.Context(), r.Bus, chaostest.Stamp().First(""), events.StopRequest{})
	if err == nil || !strings.Contains(err.Error(), "needs a reason") {
		t.Errorf("error %v", err)
	}
}

// TestStopAtEveryStep pulls the stop at each checkpoint of a fault: it ends
// closed, nothing is hit afterwards, and nothing is called recovered that is not.
func TestStopAtEveryStep(t *testing.T) {
	steps := stepsOfOneLife(t, 0)
	for i, step := range steps {
		t.Run(fmt.Sprintf("%02d-%s", i+1, step), func(t *testing.T) {
			t.Parallel()
			r, l := chaostest.New(t), newLamps(3)
			l.dark = step == "recovering" || step == "marked"
			var mu sync.Mutex
			passed := 0
			answered := make(chan events.StopState, 1)
			d := r.Deps("a", l)
			d.Checkpoint = func(string) {
				mu.Lock()
				passed++
				now := passed == i+1
				mu.Unlock()
				if now {
					go func() { answered <- stopAll(t, r) }()
					eventstest.Eventually(t, "the stop is written", func() bool { return len(chaostest.Of(r, events.StopEngagedTopic)) > 0 })
				}
			}
			r.Serve(d)
			r.Ask(request("f1"))
			if state := <-answered; !state.Engaged || len(state.Open) > 0 {
				t.Errorf("stop: %+v", state)
			}
			e := r.Closed()
			_, victims := l.mostHits()
			if (e.Outcome == chaos.OutcomeRefused) != (victims == 0) {
				t.Errorf("outcome %s, %d victims were hit", e.Outcome, victims)
			}
		})
	}
}

// TestUnreadableEntry: one entry of the ledger that nobody can read neither keeps the
// emergency stop from the other faults nor hides them; no new fault begins beside it.
func TestUnreadableEntry(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	l.dark = true
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	chaostest.Await(r, events.FaultInjectedTopic)
	kv, err := r.Bus.KV(t.Context(), events.Bucket{Name: chaos.LedgerName})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Create(t.Context(), "bad-entry", []byte("{")); err != nil {
		t.Fatal(err)
	}
	answer := ask(t, r, events.LedgerListCall, events.LedgerQuery{Open: true})
	if len(answer.Entries) != 1 || !strings.Contains(answer.Problem, "bad-entry") {
		t.Errorf("ledger: %+v", answer)
	}
	if state := ask(t, r, events.StopStateCall, events.Nothing{}); !slices.Equal(state.Open, []string{"f1"}) || !strings.Contains(state.Problem, "bad-entry") {
		t.Errorf("state: %+v", state)
	}
	state := stopAll(t, r)
	if !slices.Equal(state.Reverted, []string{"f1"}) || len(state.Open) > 0 || !strings.Contains(state.Problem, "bad-entry") {
		t.Errorf("stop: %+v", state)
	}
	ask(t, r, events.ResumeCall, events.StopRequest{By: "test"})
	r.Ask(request("f2"))
	refused := chaostest.Await(r, events.FaultRefusedTopic)
	if !strings.Contains(refused.Reason, chaos.GuardNoOtherRun) || !strings.Contains(refused.Reason, "bad-entry") {
		t.Errorf("refused: %+v", refused)
	}
}
