package experiments

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

func TestTurns(t *testing.T) {
	now := dawn()
	row := func(run, place, phase string, order int, owner string) work.Row[Row] {
		return work.Row[Row]{ID: run, Lease: work.Lease{Owner: owner}, Body: Row{
			Run: run, Request: events.RunStart{Environment: place}, Phase: phase, Order: order, Queued: now,
		}}
	}
	rows := []work.Row[Row]{
		row("b-second", "b", record.PhaseCreated, 1, ""), row("b-first", "b", record.PhaseCreated, 0, ""),
		row("a-waits", "a", record.PhaseCreated, 0, ""), row("a-theirs", "a", record.PhaseObserving, 1, "other"),
		row("c-left", "c", record.PhaseRecovering, 0, ""), row("c-waits", "c", record.PhaseCreated, 1, ""),
		row("d-mine", "d", record.PhaseInjecting, 0, "me"),
		row("e-waits", "e", record.PhaseCreated, 0, ""), row("e-theirs-being-prepared", "e", record.PhaseCreated, 1, "other"),
	}
	got, again := turns(rows, now, time.Hour)
	if diff := cmp.Diff([]string{"b-first", "c-left", "d-mine", "a-theirs", "e-theirs-being-prepared"}, got); diff != "" {
		t.Error(diff)
	}
	if !again.Equal(now.Add(time.Hour)) {
		t.Errorf("asks again at %s", again)
	}
	if got, _ := turns(rows, now.Add(2*time.Hour), time.Hour); len(got) != len(rows) {
		t.Errorf("%d of %d runs have their turn when they have waited too long", len(got), len(rows))
	}
}

func TestSurplus(t *testing.T) {
	now := dawn()
	run := func(name string, age time.Duration) events.RunSummary {
		return events.RunSummary{Run: name, Started: now.Add(-age), Ended: now.Add(-age)}
	}
	runs := []events.RunSummary{run("old", 5*time.Hour), run("new", time.Minute), run("older", 6*time.Hour), run("young", 2*time.Hour)}
	for most, want := range map[int][]string{0: {"older", "old", "young"}, 1: {"older", "old", "young"}, 2: {"older", "old"}, 3: {"older"}, 4: nil, 9: nil} {
		if diff := cmp.Diff(want, surplus(runs, most, now.Add(-time.Hour))); diff != "" {
			t.Errorf("%d kept: %s", most, diff)
		}
	}
}

func TestGiveWay(t *testing.T) {
	now := dawn()
	row := func(run, place, phase string, order int, owner string) work.Row[Row] {
		return work.Row[Row]{ID: run, Lease: work.Lease{Owner: owner}, Body: Row{
			Run: run, Request: events.RunStart{Environment: place}, Phase: phase, Order: order, Queued: now,
		}}
	}
	own := row("own", "a", record.PhaseCreated, 5, "me")
	for name, tc := range map[string]struct {
		other work.Row[Row]
		wait  bool
		err   error
	}{
		"alone":               {other: own},
		"another place":       {other: row("x", "b", record.PhaseObserving, 0, "other")},
		"nobody has it":       {other: row("x", "a", record.PhaseCreated, 0, "")},
		"has begun":           {other: row("x", "a", record.PhaseBaseline, 9, ""), err: errTurn},
		"claimed, was before": {other: row("x", "a", record.PhaseCreated, 0, "other"), err: errTurn},
		"claimed, comes after": {
			other: row("x", "a", record.PhaseCreated, 9, "other"), wait: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			wait, err := giveWay([]work.Row[Row]{own, tc.other}, own.Body)
			if wait != tc.wait || !errors.Is(err, tc.err) {
				t.Errorf("got %t, %v, want %t, %v", wait, err, tc.wait, tc.err)
			}
		})
	}
}
