package monkey_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey"
	"github.com/shakedown-dev/shakedown/events"
)

// steps are the checkpoints of a day that goes well, in their order: plans are made of two
// days. A look whose mirror is late may pass the last three again.
var steps = []step{
	{"plan stored", 1},
	{"plan published", 1},
	{"plan stored", 2},
	{"plan published", 2},
	{"deciding", 1},
	{"start recorded", 1},
	{"run asked", 1},
	{"decision published", 1},
	{"noted", 1},
}

// TestCrashAtEveryStep ends the server at each checkpoint of a day and starts it again on
// the same store: the plan is the same, the run is asked for once, and one decision is
// published.
func TestCrashAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, step := range steps {
		t.Run(fmt.Sprintf("%s-%d", step.name, step.time), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			c := newCrasher(r.bus, step)
			stop := r.serve(c.mortal)
			r.apply(schedule(nil))
			at := r.waitOrDie(c)
			if !at.IsZero() {
				r.clock.pass(at.Sub(r.clock.Now()))
			}
			select {
			case <-c.died:
			case <-time.After(patience):
				t.Fatalf("%+v was not reached: %v", step, c.seen())
			}
			stop()
			r.serve(nil)
			day := r.planned("2027-06-01")
			r.clock.pass(max(0, day.Starts[0].At.Sub(r.clock.Now())))
			r.checkOnce(t, day.Starts[0])
		})
	}
}

// waitOrDie waits for the plan of the day and returns when its start is; zero when the
// server has died before.
func (r *rig) waitOrDie(c *crasher) time.Time {
	r.t.Helper()
	var at time.Time
	r.until("there is a plan, or the server has died", func() bool {
		if c.dead.Load() {
			return true
		}
		answer, err := ask(r, events.PlanListCall, events.PlanQuery{From: "2027-06-01"})
		if err != nil || len(answer.Plans) == 0 || answer.Plans[0].Days[0].Made.IsZero() {
			return false
		}
		at = answer.Plans[0].Days[0].Starts[0].At
		return len(heard(r, events.PlanMadeTopic)) >= 2
	})
	return at
}

// checkOnce wants that the start was made, once.
func (r *rig) checkOnce(t *testing.T, start events.PlanStart) {
	t.Helper()
	r.state("2027-06-01", events.StartAsked)
	r.until("the decision is published", func() bool { return len(heard(r, events.StartDecidedTopic)) > 0 })
	r.looks()
	runs := heard(r, events.RunStartTopic)
	if len(runs) != 1 || runs[0].Run != start.ID || runs[0].Environment != "staging" {
		t.Errorf("asked for the runs %+v, want %s once", runs, start.ID)
	}
	if decided := heard(r, events.StartDecidedTopic); len(decided) != 1 || decided[0].State != events.StartAsked {
		t.Errorf("published the decisions %+v", decided)
	}
	seen := map[string]int{}
	for _, made := range heard(r, events.PlanMadeTopic) {
		seen[made.Days[0].Date]++
	}
	if seen["2027-06-01"] > 1 || seen["2027-06-02"] > 1 {
		t.Errorf("plans were published so often: %v", seen)
	}
}

// TestStepsOfADay: the steps are all that there are, so that no crash is left out.
func TestStepsOfADay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := newCrasher(r.bus, step{})
	stop := r.serve(c.mortal)
	r.apply(schedule(nil))
	at := r.waitOrDie(c)
	r.clock.pass(at.Sub(r.clock.Now()))
	r.checkOnce(t, events.PlanStart{ID: r.planned("2027-06-01").Starts[0].ID})
	r.until("everything is noted", func() bool { return slices.Contains(c.seen(), step{"noted", 1}) })
	stop()
	for _, one := range c.seen() {
		again := one.time > 1 && slices.Contains([]string{"run asked", "decision published", "noted"}, one.name)
		if !again && !slices.Contains(steps, one) {
			t.Errorf("the day has the step %+v", one)
		}
	}
}

// TestTwoServers: of two servers one starts what is due, and when it dies the other one
// goes on, without doing it again.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.serve(nil)
	r.serve(func(d *monkey.Deps) { d.Owner = "server-2" })
	r.apply(schedule(nil))
	day := r.planned("2027-06-01")
	r.clock.pass(day.Starts[0].At.Sub(r.clock.Now()))
	r.checkOnce(t, day.Starts[0])
	next := r.planned("2027-06-02").Starts[0]
	first()
	for r.clock.Now().Before(next.At) {
		r.clock.pass(min(30*time.Minute, next.At.Sub(r.clock.Now())))
		events.Wait(t.Context(), 2*config().Tick)
	}
	r.state("2027-06-02", events.StartAsked, events.StartMissed)
	r.until("both runs were asked for", func() bool { return len(heard(r, events.RunStartTopic)) == 2 })
}
