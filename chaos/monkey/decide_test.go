package monkey

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/events"
)

func TestTimely(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 6, 1, 9, 0, 0, 0, time.UTC)
	on := func(late time.Duration, change func(*moment)) moment {
		m := moment{now: at.Add(late), at: at, made: at.Add(-time.Hour), since: at.Add(-time.Hour), open: true, newest: true, onTime: time.Minute}
		if change != nil {
			change(&m)
		}
		return m
	}
	unseen := func(m *moment) { m.since = m.now }
	for name, tc := range map[string]struct {
		m       moment
		catchUp string
		want    act
		why     string
	}{
		"before its time":                   {on(-time.Nanosecond, nil), spec.CatchUpNone, actWait, ""},
		"at its time":                       {on(0, nil), spec.CatchUpNone, actAsk, ""},
		"waiting for long":                  {on(10*time.Minute, nil), spec.CatchUpNone, actAsk, ""},
		"at the deadline":                   {on(15*time.Minute, nil), spec.CatchUpNone, actAsk, ""},
		"beyond the deadline":               {on(15*time.Minute+1, nil), spec.CatchUpOnce, actMiss, "startingDeadline"},
		"years later":                       {on(5*365*24*time.Hour, unseen), spec.CatchUpOnce, actMiss, "startingDeadline"},
		"seen a little late":                {on(time.Minute, unseen), spec.CatchUpNone, actAsk, ""},
		"seen too late":                     {on(time.Minute+1, unseen), spec.CatchUpNone, actMiss, "no server ran"},
		"made up for":                       {on(2*time.Minute, unseen), spec.CatchUpOnce, actAsk, "made up for, 2m0s late"},
		"not the newest":                    {on(2*time.Minute, func(m *moment) { unseen(m); m.newest = false }), spec.CatchUpOnce, actMiss, "a later one"},
		"the hours are over":                {on(time.Minute, func(m *moment) { m.open = false }), spec.CatchUpOnce, actMiss, "hours are over"},
		"planned too late":                  {on(time.Minute, func(m *moment) { m.made = at.Add(time.Second) }), spec.CatchUpOnce, actMiss, "plan was made after"},
		"planned by a clock that was wrong": {on(time.Minute, func(m *moment) { m.made = m.now.Add(time.Hour) }), spec.CatchUpNone, actAsk, ""},
		"planned at the very moment":        {on(0, func(m *moment) { m.made = at }), spec.CatchUpNone, actAsk, ""},
	} {
		s := spec.Spec{CatchUp: tc.catchUp, StartingDeadline: events.Duration(15 * time.Minute)}
		if got := timely(s, tc.m); got.act != tc.want || !strings.Contains(got.why, tc.why) || (tc.why == "") != (got.why == "") {
			t.Errorf("%s: %+v, want %s (%s)", name, got, tc.want, tc.why)
		}
	}
}

func TestTogether(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]act{spec.ConcurrencyForbid: actSkip, spec.ConcurrencyQueue: actWait, spec.ConcurrencyReplace: actReplace} {
		if got := together(spec.Spec{Concurrency: policy}, []string{"run-1"}); got.act != want || !strings.Contains(got.why, "run-1") {
			t.Errorf("%s: %+v, want %s", policy, got, want)
		}
		if got := together(spec.Spec{Concurrency: policy}, nil); got.act != actAsk {
			t.Errorf("%s with nothing open: %+v", policy, got)
		}
	}
}

// TestJustAsked: a run that nobody lists yet counts as open for a moment.
func TestJustAsked(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 6, 1, 9, 0, 0, 0, time.UTC)
	row := func(id string, age time.Duration) startRow {
		return startRow{Start: events.PlanStart{ID: id}, Recorded: now.Add(-age), Runs: []events.RunStart{{Run: id}}}
	}
	ended := row("ended", time.Second)
	ended.Start.Verdicts = map[string]string{"ended": "passed"}
	rows := map[string]startRow{"new": row("new", 10*time.Second), "old": row("old", time.Minute), "ended": ended, "listed": row("listed", time.Second)}
	got := justAsked(due{rows: rows, now: now}, map[string]bool{"new": true, "old": true, "ended": true})
	if diff := cmp.Diff([]string{"new"}, got); diff != "" {
		t.Errorf("open (-want +got):\n%s", diff)
	}
}

// TestSteady: a clock that jumps is left alone for a while, and what was due meanwhile was
// not seen.
func TestSteady(t *testing.T) {
	t.Parallel()
	c := DefaultConfig()
	l := &lookout{}
	at, ticks := time.Date(2027, 6, 1, 9, 0, 0, 0, time.UTC), time.Duration(0)
	first := at
	look := func(d, beside time.Duration) bool {
		at, ticks = at.Add(d), ticks+beside
		return l.steady(at, ticks, c)
	}
	for i := range 100 {
		if !look(time.Second, time.Second) {
			t.Fatalf("look %d is not steady", i)
		}
	}
	if !look(20*time.Minute, 20*time.Minute) || !l.since.Equal(first.Add(time.Second)) {
		t.Errorf("a server that was busy for long has looked since %s", l.since)
	}
	for _, jump := range []time.Duration{3 * time.Hour, -3 * time.Hour, 10 * 365 * 24 * time.Hour} {
		if look(jump, time.Second) || !l.since.Equal(at) {
			t.Errorf("a jump of %s is steady; looked since %s, it is %s", jump, l.since, at)
		}
		if look(c.Settle-time.Second, c.Settle-time.Second) {
			t.Errorf("just before the end of the time after a jump of %s it is steady", jump)
		}
		if !look(2*time.Second, 2*time.Second) {
			t.Errorf("after the time after a jump of %s it is not steady", jump)
		}
	}
	if !look(30*time.Second, time.Second) {
		t.Error("a small change of the clock counts as a jump")
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	if err := (Config{Keep: time.Hour}).Validate(); err == nil || !strings.Contains(err.Error(), "keep is 1h0m0s") || !strings.Contains(err.Error(), "lease is 0s") {
		t.Errorf("a bad configuration: %v", err)
	}
}
