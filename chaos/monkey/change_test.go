package monkey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
)

// TestDowntime: what was due while no server ran is missed, or the newest of it is made up
// for; years of it cost nothing.
func TestDowntime(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		catchUp string
		away    time.Duration
		want    int
	}{
		"none":                {spec.CatchUpNone, 7 * time.Minute, 0},
		"once":                {spec.CatchUpOnce, 7 * time.Minute, 1},
		"beyond the deadline": {spec.CatchUpOnce, 11 * time.Hour, 0},
		"years":               {spec.CatchUpOnce, 5 * 365 * 24 * time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			stop := r.serve(nil)
			r.apply(schedule(func(s *spec.Spec) {
				cron("1,2,3,4 8 * * *")(s) // four times from 08:01 on
				s.CatchUp = tc.catchUp
			}))
			day := r.planned("2027-06-01")
			if len(day.Starts) != 4 {
				t.Fatalf("the plan is %+v", day)
			}
			stop()
			r.clock.pass(tc.away)
			r.serve(nil)
			today := wall.DateAt(r.clock.Now(), time.UTC).String()
			r.planned(today)
			r.until("so many runs are asked for", func() bool { return len(heard(r, events.RunStartTopic)) >= tc.want })
			r.looks()
			runs := heard(r, events.RunStartTopic)
			if len(runs) != tc.want || tc.want == 1 && runs[0].Run != day.Starts[3].ID+"-1" {
				t.Errorf("asked for %+v, want %d", runs, tc.want)
			}
		})
	}
}

// TestConcurrency: what a start does while an earlier run of the schedule is open.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		spec.ConcurrencyForbid: events.StartSkipped, spec.ConcurrencyReplace: events.StartAsked, spec.ConcurrencyQueue: events.StartAsked,
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.serve(nil)
			r.apply(schedule(func(s *spec.Spec) {
				cron("10,20 8 * * *")(s)
				s.Concurrency = policy
			}))
			starts := r.planned("2027-06-01").Starts
			first := starts[0].ID + "-1"
			r.clock.pass(10 * time.Minute)
			r.until("the first run is asked for", func() bool { return len(heard(r, events.RunStartTopic)) == 1 })
			r.mu.Lock()
			r.open = []events.RunSummary{{Run: first}, {Run: "of-somebody-else"}}
			r.mu.Unlock()
			r.clock.pass(10 * time.Minute)
			if policy == spec.ConcurrencyQueue {
				r.looks()
				if n := len(heard(r, events.RunStartTopic)); n != 1 {
					t.Fatalf("%d runs were asked for while the first is open", n)
				}
				r.mu.Lock()
				r.open = nil
				r.mu.Unlock()
			}
			r.until("the second is "+want, func() bool { return r.planned("2027-06-01").Starts[1].State == want })
			r.mu.Lock()
			defer r.mu.Unlock()
			if aborted := len(r.aborted); (aborted == 1) != (policy == spec.ConcurrencyReplace) || aborted == 1 && r.aborted[0].Run != first {
				t.Errorf("aborted %+v", r.aborted)
			}
		})
	}
}

// TestChangeInTheMiddle: a schedule that is changed after its start hits the group no second
// time on that day, nor within its gap.
func TestChangeInTheMiddle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve(nil)
	r.apply(schedule(nil))
	start := r.planned("2027-06-01").Starts[0]
	r.clock.pass(start.At.Sub(r.clock.Now()))
	r.checkOnce(t, start)
	r.apply(schedule(func(s *spec.Spec) { s.Monkey.Hours = "09:00-23:59" }))
	r.until("the new plan is stored", func() bool { return r.planned("2027-06-01").Open[0].To.UTC().Hour() == 21 })
	r.pass(time.Date(2027, 6, 1, 21, 59, 0, 0, time.UTC))
	if runs := heard(r, events.RunStartTopic); len(runs) != 1 {
		t.Errorf("asked for %+v", runs)
	}
}

// TestGone: a member that has gone, or does not opt in any more, is not hit.
func TestGone(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*rig){
		"staging/api is not there any more":                 func(r *rig) { r.environments = nil },
		"staging/api is not hit any more; has not opted in": func(r *rig) { r.environments[0].Components[0].Labels = nil },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.serve(nil)
			r.apply(schedule(nil))
			start := r.planned("2027-06-01").Starts[0]
			r.mu.Lock()
			change(r)
			r.mu.Unlock()
			r.clock.pass(start.At.Sub(r.clock.Now()))
			if got := r.state("2027-06-01", events.StartSkipped); got.Reason != want || len(heard(r, events.RunStartTopic)) != 0 {
				t.Errorf("%+v, want %q", got, want)
			}
		})
	}
}

// TestTwoProjects: labels alone may choose environments of two projects by now; then cron
// starts nothing, whether that was so when the plan was made or came later.
func TestTwoProjects(t *testing.T) {
	t.Parallel()
	other := events.Environment{Name: "live", Project: "bank", Labels: map[string]string{"stage": "test"}, Components: []events.EnvironmentComponent{{Name: "api"}}}
	r := newRig(t)
	r.environments[0].Labels = map[string]string{"stage": "test"}
	r.serve(nil)
	r.apply(schedule(func(s *spec.Spec) {
		cron("10 8 * * *")(s)
		s.Environments = spec.Environments{Labels: map[string]string{"stage": "test"}}
	}))
	start := r.planned("2027-06-01").Starts[0]
	r.mu.Lock()
	r.environments = append(r.environments, other)
	r.mu.Unlock()
	r.clock.pass(start.At.Sub(r.clock.Now()))
	const want = `schedule shop chooses environments of several projects: live of "bank" and staging of "shop"`
	if got := r.state("2027-06-01", events.StartSkipped); got.Reason != want || len(heard(r, events.RunStartTopic)) != 0 {
		t.Errorf("%+v, want %q", got, want)
	}
	r.clock.pass(24 * time.Hour)
	r.until("no plan can be made", func() bool {
		failed := heard(r, events.PlanFailedTopic)
		return len(failed) > 0 && failed[0].Reason == want
	})
}

// TestGapAfterAChange: the gap counts from a hit that an earlier form of the document has
// planned.
func TestGapAfterAChange(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve(nil)
	r.apply(schedule(nil))
	start := r.planned("2027-06-01").Starts[0]
	changed, next := everyThird(t)
	r.clock.pass(start.At.Sub(r.clock.Now()))
	r.checkOnce(t, start)
	r.apply(changed)
	r.until("the new plan has a start", func() bool { return len(r.planned("2027-06-02").Starts) == 1 })
	r.pass(next)
	if got := r.state("2027-06-02", events.StartSkipped); !strings.Contains(got.Reason, "the gap of 3 working days since 2027-06-01") {
		t.Errorf("%+v", got)
	}
}

// everyThird is a schedule that hits every third working day, among them 2027-06-02.
func everyThird(t *testing.T) (spec.Document, time.Time) {
	t.Helper()
	for _, holidays := range [][]spec.Days{nil, {"2027-01-04"}, {"2027-01-04..2027-01-05"}} {
		d := schedule(func(s *spec.Spec) { s.Monkey.Mean, s.Monkey.Gap, s.Holidays.Dates = 3, 3, holidays })
		p, err := plan.New(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		date, err := wall.ParseDate("2027-06-02")
		if err != nil {
			t.Fatal(err)
		}
		if starts := p.Days(date, date, []plan.Group{{Name: "staging", Members: []string{"staging/api"}}})[0].Starts; len(starts) == 1 {
			return d, starts[0].At
		}
	}
	t.Fatal("no schedule hits on 2027-06-02")
	return spec.Document{}, time.Time{}
}

// TestTwoAreDueAtOnce: of two starts that one look finds due, the second sees the first.
func TestTwoAreDueAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve(nil)
	r.apply(schedule(cron("10,12 8 * * *")))
	r.planned("2027-06-01")
	r.clock.pass(12 * time.Minute)
	r.until("both are decided", func() bool {
		starts := r.planned("2027-06-01").Starts
		return starts[0].State == events.StartAsked && starts[1].State != ""
	})
	if second := r.planned("2027-06-01").Starts[1]; second.State != events.StartSkipped {
		t.Errorf("the second is %s although the first was asked for a moment ago, and concurrency is forbid", second.State)
	}
	if runs := heard(r, events.RunStartTopic); len(runs) != 1 {
		t.Errorf("%d runs were asked for at once", len(runs))
	}
}
