package experiments

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

func TestTurns(t *testing.T) {
	now := dawn()
	row := func(run, place, phase string, order int, lease events.Lease) Row {
		return Row{Run: run, Request: events.RunStart{Environment: place}, Phase: phase, Order: order, Queued: now, Lease: lease}
	}
	theirs := events.Lease{Owner: "other", Expires: now.Add(time.Minute)}
	lapsed := events.Lease{Owner: "other", Expires: now.Add(-time.Second)}
	mine := events.Lease{Owner: "me", Expires: now.Add(time.Minute)}
	rows := []Row{
		row("b-second", "b", record.PhaseCreated, 1, events.Lease{}), row("b-first", "b", record.PhaseCreated, 0, events.Lease{}),
		row("a-waits", "a", record.PhaseCreated, 0, events.Lease{}), row("a-theirs", "a", record.PhaseObserving, 1, theirs),
		row("c-lapsed", "c", record.PhaseRecovering, 0, lapsed), row("c-waits", "c", record.PhaseCreated, 1, events.Lease{}),
		row("d-mine", "d", record.PhaseInjecting, 0, mine),
		row("e-theirs-being-prepared", "e", record.PhaseCreated, 0, theirs), row("e-waits", "e", record.PhaseCreated, 1, events.Lease{}),
	}
	var got []string
	for _, r := range turns(rows, "me", now, time.Hour) {
		got = append(got, r.Run)
	}
	if diff := cmp.Diff([]string{"b-first", "c-lapsed", "d-mine"}, got); diff != "" {
		t.Error(diff)
	}
	if n := len(turns(rows, "me", now.Add(2*time.Hour), time.Hour)); n != len(rows) {
		t.Errorf("%d of %d runs are taken when they have waited too long", n, len(rows))
	}
}
