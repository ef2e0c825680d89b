package monkey_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey"
	"github.com/shakedown-dev/shakedown/events"
)

// TestCrashAtEveryStep ends the server at each checkpoint of a day and starts it again on
// the same store: the plan is the same, the run is asked for once, and one decision is
// published.
func TestCrashAtEveryStep(t *testing.T) {
	t.Parallel()
	steps := stepsOfADay(t)
	for _, want := range []string{"plan stored", "plan published", "deciding", "start recorded", "run asked", "decision published", "noted"} {
		if !slices.Contains(steps, want) {
			t.Fatalf("checkpoint %s was not passed: %v", want, steps)
		}
	}
	for i, step := range steps {
		t.Run(fmt.Sprintf("%02d-%s", i+1, step), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			c := newCrasher(r.bus, i+1)
			stop := r.serve(c.mortal)
			r.apply(schedule(nil))
			at := r.waitOrDie(c)
			if !at.IsZero() {
				r.clock.pass(at.Sub(r.clock.Now()))
			}
			select {
			case <-c.died:
			case <-time.After(patience):
				t.Fatalf("step %d was not reached: %v", i+1, c.steps)
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

// stepsOfADay are the checkpoints of a day that goes well.
func stepsOfADay(t *testing.T) []string {
	t.Helper()
	r := newRig(t)
	c := newCrasher(r.bus, 0)
	stop := r.serve(c.mortal)
	r.apply(schedule(nil))
	at := r.waitOrDie(c)
	r.clock.pass(at.Sub(r.clock.Now()))
	r.checkOnce(t, events.PlanStart{ID: r.planned("2027-06-01").Starts[0].ID})
	r.until("everything is noted", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return slices.Contains(c.steps, "noted")
	})
	stop()
	return c.steps
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
