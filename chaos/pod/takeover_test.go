package pod

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
)

// leave kills the first pod and puts the fault into the ledger as a server leaves
// it that dies right after the injection, that long ago.
func leave(t *testing.T, r *chaostest.Rig, f *fakeCluster, ago time.Duration, change func(*chaos.Entry)) {
	t.Helper()
	req := request("f1")
	seen, err := newKill(on(f)).Survey(t.Context(), req, req.Seed)
	if err != nil {
		t.Fatal(err)
	}
	victims, err := seen.Victims()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-ago)
	victims[0].Sent, victims[0].Hit = at, true
	e := chaos.Entry{
		Fault: req.Fault, Request: req, State: chaos.StateRecovering, Seed: req.Seed, Victims: victims, Kept: seen.Kept(), Opened: at, Injected: at,
		Marks: []events.RecoveryMarked{{Victim: victims[0].ID, Mark: events.MarkKillAccepted, Role: events.RoleSent, At: at}},
	}
	if change != nil {
		change(&e)
	}
	if err := f.Kill(t.Context(), victims[0].Victim, nil); err != nil {
		t.Fatal(err)
	}
	r.Leave(e)
}

// TestTakeoverPublishesWhatItFinds: a replica that goes on with a fault publishes every
// mark that was missed, and does not call in time what it finds too late.
func TestTakeoverPublishesWhatItFinds(t *testing.T) {
	for _, tc := range []struct {
		name    string
		ago     time.Duration
		change  func(*chaos.Entry)
		outcome string
		note    string
	}{
		{"within the budget", time.Second, nil, chaos.OutcomeRecovered, ""},
		{"after the budget", time.Minute, nil, chaos.OutcomeNotRecovered, "not surely within 20s"},
		{"its end was asked for", time.Second, func(e *chaos.Entry) { e.EndAsked = "now" }, chaos.OutcomeRecovered, ""},
		{"its end was asked for, after the budget", time.Minute, func(e *chaos.Entry) { e.EndAsked = "now" }, chaos.OutcomeNotRecovered, "not surely within 20s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, f := chaostest.New(t), newFake(3)
			leave(t, r, f, tc.ago, tc.change)
			r.Serve(r.Deps("b", Kinds(f)...))
			if past := r.Closed(); past.Outcome != tc.outcome || !strings.Contains(past.Note, tc.note) {
				t.Errorf("outcome %q, note %q", past.Outcome, past.Note)
			}
			if reverted := chaostest.Await(r, events.FaultRevertedTopic); reverted.Recovered != (tc.outcome == chaos.OutcomeRecovered) {
				t.Errorf("reverted: %+v", reverted)
			}
			want := "replacement-ready healed,replacement-scheduled ,replacement-started ,victim-gone effect"
			var got []string
			for _, m := range chaostest.Of(r, events.RecoveryMarkedTopic) {
				got = append(got, m.Mark+" "+string(m.Role))
				if m.Since.IsZero() {
					t.Errorf("mark %s hides that its time is not known", m.Mark)
				}
			}
			slices.Sort(got)
			if all := strings.Join(got, ","); all != want {
				t.Errorf("marks %s, want %s", all, want)
			}
		})
	}
}
