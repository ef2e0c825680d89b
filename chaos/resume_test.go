package chaos_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

// left is a fault that put out the first lamp, that long ago, in a server that is
// gone.
func left(ago time.Duration) chaos.Entry {
	req, at := request("f1"), time.Now().Add(-ago)
	return chaos.Entry{
		Fault: req.Fault, Request: req, State: chaos.StateRecovering, Opened: at, Injected: at,
		Victims: []chaos.Victim{{Victim: events.Victim{Kind: "lamp", ID: "lamp-1", Name: "lamp-1"}, Sent: at, Hit: true}},
	}
}

// interrupted is one whose server went away in the middle of the injection.
func interrupted(e chaos.Entry) chaos.Entry {
	e.State, e.Injected, e.Victims[0].Hit = chaos.StateInjecting, time.Time{}, false
	return e
}

// TestWhatCannotBeWatchedIsReverted: a fault that another server goes on with and
// whose target it cannot see is reverted and closed when its time is up, or when
// its end is asked for, and not before.
func TestWhatCannotBeWatchedIsReverted(t *testing.T) {
	for _, tc := range []struct {
		name     string
		ago      time.Duration
		duration time.Duration
		change   func(*chaos.Entry)
		prepare  func(*lamps)
		ask      bool
		outcome  string
		note     string
	}{
		{name: "the budget is over", ago: time.Minute, outcome: chaos.OutcomeNotRecovered, note: "within 20s: fog"},
		{
			name: "the budget ends", outcome: chaos.OutcomeNotRecovered, note: "within 200ms: fog",
			change: func(e *chaos.Entry) { e.Request.Budget = events.Duration(200 * time.Millisecond) },
		},
		{
			name: "the end was asked for", outcome: chaos.OutcomeEnded, note: "enough",
			change: func(e *chaos.Entry) { e.EndAsked = "enough" },
		},
		{name: "the end is asked for", ask: true, outcome: chaos.OutcomeEnded, note: "enough"},
		{
			name: "the duration is over", duration: time.Second, ago: time.Minute, outcome: chaos.OutcomeNotRecovered, note: "within 200ms: fog",
			change: func(e *chaos.Entry) { e.Request.Budget = events.Duration(200 * time.Millisecond) },
		},
		{
			name: "it clears", outcome: chaos.OutcomeRecovered,
			prepare: func(l *lamps) { l.unfollowed = 2; l.show("lamp-1", "dark"); l.show("lamp-1", "lit") },
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r, l, e := chaostest.New(t), lasting(newLamps(3), tc.duration), left(tc.ago)
			e.Request.Duration, l.unfollowed = events.Duration(tc.duration), -1
			if tc.change != nil {
				tc.change(&e)
			}
			if tc.prepare != nil {
				tc.prepare(l)
			}
			r.Leave(e)
			r.Serve(r.Deps("b", l))
			if tc.ask {
				eventstest.Eventually(t, "it was tried", func() bool { return l.tries() > 1 })
				r.Revert("run-f1", "f1", "enough")
			}
			if past := r.Closed(); past.Outcome != tc.outcome || !strings.Contains(past.Note, tc.note) {
				t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
			}
			if l.reverts == 0 {
				t.Error("nothing was reverted")
			}
			checkOneEnd(t, r)
		})
	}
}

// TestWhatMayHaveBeenHitIsReverted: what became of an injection cannot be read, and
// the time is up.
func TestWhatMayHaveBeenHitIsReverted(t *testing.T) {
	r, l, e := chaostest.New(t), newLamps(3), interrupted(left(time.Minute))
	l.effectError, l.unfollowed = errors.New("fog"), -1
	r.Leave(e)
	r.Serve(r.Deps("b", l))
	if past := r.Closed(); past.Outcome != chaos.OutcomeFailed {
		t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
	}
	if !l.wasLit("lamp-1") {
		t.Error("the lamp was not lit, though it may have been put out")
	}
	if failed := chaostest.Await(r, events.FaultFailedTopic); len(failed.Victims) > 0 || !strings.Contains(failed.Reason, "of 1 of 1 victims it is not known") {
		t.Errorf("failed: %+v", failed)
	}
	if reverted := chaostest.Await(r, events.FaultRevertedTopic); reverted.Recovered {
		t.Errorf("reverted: %+v", reverted)
	}
	checkOneEnd(t, r)
}

// TestLostAnswerThatCannotBeReadIsReverted: the same in the server that injected.
func TestLostAnswerThatCannotBeReadIsReverted(t *testing.T) {
	r, l := chaostest.New(t), lasting(newLamps(3), time.Hour)
	l.injectError, l.injectsAnyway, l.effectError = errors.New("connection reset"), true, errors.New("fog")
	r.Serve(r.Deps("a", l))
	r.Ask(requestFor(time.Hour))
	eventstest.Eventually(t, "the lamp is dark", func() bool { _, n := l.mostHits(); return n == 1 })
	r.Revert("run-f1", "f1", "enough")
	if past := r.Closed(); past.Outcome != chaos.OutcomeFailed || !strings.Contains(past.Note, "connection reset") {
		t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
	}
	if !l.wasLit("lamp-1") {
		t.Error("the lamp is dark")
	}
	checkOneEnd(t, r)
}
