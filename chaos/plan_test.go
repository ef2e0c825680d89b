package chaos_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
)

// TestPlanIsWhatARunDoes: the victims of a plan are those of a run with its seed, and
// nothing is hit or written to find them.
func TestPlanIsWhatARunDoes(t *testing.T) {
	r, l := chaostest.New(t), newLamps(9)
	r.Serve(r.Deps("a", l))
	req := request("f1")
	req.Seed = 0
	plan := ask(t, r, events.FaultPlanCall, req)
	if plan.Seed == 0 || len(plan.Victims) != 1 || len(plan.Writes) != 1 || len(plan.Undo) == 0 || plan.Problem != "" || plan.Refused() {
		t.Fatalf("plan %+v", plan)
	}
	if _, hits := l.mostHits(); hits > 0 || len(r.Open()) > 0 || len(r.Past()) > 0 {
		t.Errorf("%d lamps were hit, the ledger has %v and %v", hits, r.Open(), r.Past())
	}
	req.Seed = plan.Seed
	r.Ask(req)
	injected := chaostest.Await(r, events.FaultInjectedTopic)
	if d := cmp.Diff(plan.Victims, injected.Victims); d != "" {
		t.Errorf("planned, injected: %s", d)
	}
	var planned, decided []string
	for _, d := range plan.Decisions {
		planned = append(planned, d.Guard)
	}
	for _, d := range injected.Decisions {
		decided = append(decided, d.Guard)
	}
	if d := cmp.Diff(planned, decided); d != "" {
		t.Errorf("guards planned, asked: %s", d)
	}
	r.Closed()
}

// TestPlanRefuses by the same guards, with all their decisions.
func TestPlanRefuses(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	r.Serve(r.Deps("a", l))
	ask(t, r, events.StopCall, events.StopRequest{Reason: "the test"})
	plan := ask(t, r, events.FaultPlanCall, request("f1"))
	if !plan.Refused() || plan.Decisions[0].Guard != chaos.GuardStop || len(plan.Decisions) < len(chaos.Guards()) {
		t.Errorf("plan %+v", plan)
	}
}

func TestPlanOfABadRequest(t *testing.T) {
	r := chaostest.New(t)
	r.Serve(r.Deps("a", newLamps(3)))
	req := request("f1")
	req.Kind = "meteor"
	_, err := events.FaultPlanCall.Ask(t.Context(), r.Bus, chaostest.Stamp().First(""), req)
	if events.KindOf(err) != events.KindInvalid {
		t.Errorf("error %v", err)
	}
}

// TestReadOnlyAnswersAndWorksOnNothing: a fault that somebody has left stays as it is.
func TestReadOnlyAnswersAndWorksOnNothing(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	crash(t, r, l, 4, 0)
	before := r.Open()
	d := r.Deps("a", l)
	d.Config.ReadOnly = true
	stop := r.Serve(d)
	if plan := ask(t, r, events.FaultPlanCall, request("f2")); len(plan.Decisions) == 0 {
		t.Errorf("plan %+v", plan)
	}
	stop()
	if d := cmp.Diff(before, r.Open()); d != "" {
		t.Errorf("the ledger was changed: %s", d)
	}
}
