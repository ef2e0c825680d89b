package monkey_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
)

// TestADay: a schedule is applied, its plan stored and published before the hours, the
// start asked for as a run of the component's experiment, and its verdict noted.
func TestADay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve(nil)
	if a := r.apply(schedule(nil)); a.Change != "created" || a.By != "ann" {
		t.Errorf("applied: %+v", a)
	}
	if a := r.apply(schedule(nil)); a.Change != "unchanged" {
		t.Errorf("applied again: %+v", a)
	}
	day := r.planned("2027-06-01")
	r.planned("2027-06-02")
	start := day.Starts[0]
	if len(day.Starts) != 1 || start.Member != "staging/api" || start.Fault != "pod-kill" || start.State != "" || !day.Made.Before(day.Open[0].From) {
		t.Fatalf("the plan is %+v", day)
	}
	r.looks()
	if runs := heard(r, events.RunStartTopic); len(runs) != 0 {
		t.Fatalf("started before its time: %+v", runs)
	}
	r.clock.pass(start.At.Sub(r.clock.Now()))
	r.checkOnce(t, start)
	run := heard(r, events.RunStartTopic)[0]
	var document map[string]any
	if err := json.Unmarshal(run.Spec, &document); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"apiVersion": "shakedown.dev/v1", "kind": "Experiment", "metadata": map[string]any{"name": "shop-api"},
		"spec": map[string]any{
			"hypothesis": []any{map[string]any{"name": "x"}},
			"method": []any{map[string]any{
				"fault": "pod-kill", "target": map[string]any{"component": "api", "count": 1.}, "params": map[string]any{"gracePeriod": "0s"},
			}},
		},
	}
	if diff := cmp.Diff(want, document); diff != "" || run.By != "schedule shop" {
		t.Errorf("asked by %s for (-want +got):\n%s", run.By, diff)
	}
	r.finish(run.Run, "passed")
	r.until("the verdict is noted", func() bool { return r.state("2027-06-01", events.StartAsked).Verdicts[run.Run] == "passed" })
	if made := heard(r, events.PlanMadeTopic); len(made) < 2 || len(made[0].Groups) != 1 || len(made[0].Left) != 1 {
		t.Errorf("published the plans %+v", made)
	}
}

func (r *rig) finish(run, verdict string) {
	r.t.Helper()
	m := events.Stamp{Source: "test", Now: time.Now, NewID: newID()}.First(run)
	err := events.RunFinishedTopic.Publish(r.t.Context(), r.bus, m, events.RunFinished{RunSummary: events.RunSummary{Run: run, Verdict: verdict}})
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestVeto: what was vetoed does not start, and what has started cannot be vetoed.
func TestVeto(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve(nil)
	r.apply(schedule(nil))
	start := r.planned("2027-06-01").Starts[0]
	veto := func(id, reason string) (events.PlanStart, error) {
		return ask(r, events.StartVetoCall, events.StartVeto{ID: id, Reason: reason, By: "bob"})
	}
	if _, err := veto(start.ID, " "); events.KindOf(err) != events.KindInvalid {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := veto("shop-unknown", "x"); events.KindOf(err) != events.KindNotFound {
		t.Errorf("an unknown one: %v", err)
	}
	for range 2 {
		if got, err := veto(start.ID, "release day"); err != nil || got.State != events.StartVetoed || got.By != "bob" || got.Reason != "release day" {
			t.Errorf("vetoed: %+v, %v", got, err)
		}
	}
	r.clock.pass(start.At.Add(time.Minute).Sub(r.clock.Now()))
	r.looks()
	if runs := heard(r, events.RunStartTopic); len(runs) != 0 {
		t.Errorf("a vetoed start was made: %+v", runs)
	}
	next := r.planned("2027-06-02").Starts[0]
	r.pass(next.At)
	r.state("2027-06-02", events.StartAsked)
	if _, err := veto(next.ID, "late"); events.KindOf(err) != events.KindRefused {
		t.Errorf("one that was made: %v", err)
	}
}

// pass lets time pass as it does, up to the moment.
func (r *rig) pass(to time.Time) {
	r.t.Helper()
	for now := r.clock.Now(); now.Before(to); now = r.clock.Now() {
		r.clock.pass(min(time.Hour, to.Sub(now)))
		r.looks()
	}
}

// TestClockJumps: a clock that goes ahead for a moment and comes back neither makes the
// starts of the days between nor loses those that come.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve(nil)
	r.apply(schedule(nil))
	start := r.planned("2027-06-01").Starts[0]
	r.looks()
	for _, jump := range []time.Duration{72 * time.Hour, 400 * 24 * time.Hour, -48 * time.Hour, start.At.Sub(begin())} {
		r.clock.change(jump, time.Second)
		r.looks()
		r.clock.change(-jump, time.Second)
		r.looks()
	}
	if runs := heard(r, events.RunStartTopic); len(runs) != 0 {
		t.Fatalf("a clock that jumped has started %+v", runs)
	}
	r.clock.pass(10 * time.Minute)
	r.looks()
	r.clock.pass(start.At.Sub(r.clock.Now()))
	r.checkOnce(t, start)
	r.clock.change(-time.Hour, time.Second)
	r.looks()
	r.clock.pass(2 * time.Hour)
	r.looks()
	if runs := heard(r, events.RunStartTopic); len(runs) != 1 {
		t.Errorf("a clock that went back has started it again: %+v", runs)
	}
}

// TestCalendars: while a calendar cannot be read nothing starts, and that is said; a freeze
// that begins after the plan was made is kept.
func TestCalendars(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve(nil)
	r.apply(schedule(nil))
	start := r.planned("2027-06-01").Starts[0]
	r.planned("2027-06-02")
	r.calendars.set(errors.New("the calendar is gone"))
	r.clock.pass(start.At.Sub(r.clock.Now()))
	r.looks()
	answer, err := ask(r, events.PlanListCall, events.PlanQuery{})
	if err != nil || !strings.Contains(answer.Plans[0].Problem, "the calendar is gone") || len(heard(r, events.RunStartTopic)) != 0 {
		t.Fatalf("without a calendar: %+v, %v", answer, err)
	}
	raw, _ := json.Marshal(schedule(func(s *spec.Spec) { s.Monkey.Mean = 2 }))
	if _, err := ask(r, events.ScheduleApplyCall, events.ScheduleApply{Document: raw}); events.KindOf(err) != events.KindRefused {
		t.Errorf("applied without a calendar: %v", err)
	}
	r.calendars.set(nil, plan.Closure{Span: wall.Span{From: start.At.Add(-time.Minute), To: start.At.Add(time.Hour)}, Why: "incident"})
	r.clock.pass(config().Again)
	if got := r.state("2027-06-01", events.StartSkipped); !strings.Contains(got.Reason, "incident") {
		t.Errorf("during a freeze: %+v", got)
	}
	r.calendars.set(errors.New("gone again"))
	r.pass(time.Date(2027, 6, 2, 4, 0, 0, 0, time.UTC))
	r.until("it is said that there is no plan", func() bool {
		for _, f := range heard(r, events.PlanFailedTopic) {
			if strings.Contains(f.Reason, "gone again") && f.Date == "2027-06-03" {
				return true
			}
		}
		return false
	})
}

// TestExplain answers why something was hit, or not.
func TestExplain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.environments[0].Components = append(r.environments[0].Components, events.EnvironmentComponent{Name: "cart", Labels: map[string]string{"monkey": "on"}})
	r.serve(nil)
	r.apply(schedule(nil))
	start := r.planned("2027-06-01").Starts[0]
	other := map[string]string{"staging/api": "staging/cart", "staging/cart": "staging/api"}[start.Member]
	explain := func(target, date string) events.Explanation {
		t.Helper()
		answer, err := ask(r, events.TargetExplainCall, events.ExplainQuery{Target: target, Date: date})
		if err != nil || len(answer.Explanations) != 1 {
			t.Fatalf("%s: %+v, %v", target, answer, err)
		}
		return answer.Explanations[0]
	}
	for target, want := range map[string]string{
		start.Member: "it was drawn for 2027-06-01T", other: start.Member + " was drawn of its members", "staging/db": "it is never hit: has not opted in",
		"prod/api": "the schedule does not choose it",
	} {
		if got := explain(target, ""); !strings.Contains(got.Reason, want) || got.Hit != (target == start.Member) {
			t.Errorf("%s: %+v, want %q", target, got, want)
		}
	}
	if got := explain(start.Member, "2027-06-05"); !strings.Contains(got.Reason, "no plan of that day") {
		t.Errorf("another day: %+v", got)
	}
	r.apply(schedule(func(s *spec.Spec) { s.Monkey.Mean = 1000 }))
	r.until("the new plan is stored", func() bool { return strings.Contains(explain("staging/api", "").Reason, "it was not drawn") })
}

// TestApplyRefuses: what could never start is refused, and nothing is stored.
func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.environments = append(r.environments, events.Environment{Name: "bank", Project: "bank", Labels: map[string]string{"a": "b"}, Components: []events.EnvironmentComponent{{Name: "x"}}})
	r.environments[0].Labels = map[string]string{"a": "b"}
	r.serve(nil)
	for want, change := range map[string]func(*spec.Spec){
		"spec.monkey.mean: is 1, which is less than the gap": func(s *spec.Spec) { s.Monkey.Gap = 2 },
		"spec.experiments[0]: there is no experiment none":   func(s *spec.Spec) { cron("0 9 * * *")(s); s.Experiments = []string{"none"} },
		"no experiment has the label suite=none":             func(s *spec.Spec) { cron("0 9 * * *")(s); s.Suites = []string{"none"} },
		"chooses environments of several projects":           func(s *spec.Spec) { s.Environments = spec.Environments{Labels: map[string]string{"a": "b"}} },
		"which belongs to project \"bank\"":                  func(s *spec.Spec) { s.Environments.Names = []string{"bank"} },
		"never opens":                                        func(s *spec.Spec) { s.Freezes.Dates = []spec.Days{"2027-01-01..2027-12-31", "2028-01-01..2028-12-31"} },
	} {
		raw, err := json.Marshal(schedule(change))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ask(r, events.ScheduleApplyCall, events.ScheduleApply{Document: raw}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	list, err := ask(r, events.ScheduleListCall, events.Nothing{})
	if err != nil || len(list.Schedules) != 0 {
		t.Errorf("stored %+v, %v", list, err)
	}
	raw, _ := json.Marshal(schedule(nil))
	if a, err := ask(r, events.ScheduleApplyCall, events.ScheduleApply{Document: raw, Try: true}); err != nil || a.Change != "created" {
		t.Errorf("tried: %+v, %v", a, err)
	}
	if _, err := ask(r, events.ScheduleShowCall, events.ScheduleQuery{Name: "shop"}); events.KindOf(err) != events.KindNotFound {
		t.Errorf("a try was stored: %v", err)
	}
}

// TestDelete: a schedule that was deleted starts nothing.
func TestDelete(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve(nil)
	r.apply(schedule(nil))
	start := r.planned("2027-06-01").Starts[0]
	if d, err := ask(r, events.ScheduleDeleteCall, events.ScheduleQuery{Name: "shop", By: "ann"}); err != nil || d.Name != "shop" {
		t.Fatal(err)
	}
	if _, err := ask(r, events.ScheduleDeleteCall, events.ScheduleQuery{Name: "shop"}); events.KindOf(err) != events.KindNotFound {
		t.Errorf("deleted again: %v", err)
	}
	r.until("it is gone", func() bool {
		list, err := ask(r, events.ScheduleListCall, events.Nothing{})
		return err == nil && len(list.Schedules) == 0
	})
	r.clock.pass(start.At.Sub(r.clock.Now()))
	r.looks()
	if runs := heard(r, events.RunStartTopic); len(runs) != 0 {
		t.Errorf("started %+v", runs)
	}
}
