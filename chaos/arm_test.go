package chaos_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
)

// TestProtectedIsKeptUntilArmed: a protected place refuses by name, lets faults in while it
// is armed, and refuses again afterwards.
func TestProtectedIsKeptUntilArmed(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	l.labels[events.LabelProtected] = "true"
	clock := time.Now()
	d := r.Deps("a", l)
	d.Stamp.Now = func() time.Time { return clock }
	stop := r.Serve(d)
	if plan := ask(t, r, events.FaultPlanCall, request("f0")); !refusedBy(plan, chaos.GuardArmed) {
		t.Errorf("plan %+v", plan)
	}
	arm := ask(t, r, events.ArmCall, events.ArmRequest{Environment: room, For: events.Duration(time.Hour), Reason: "game day", By: "me"})
	want := events.Arm{Environment: room, Reason: "game day", By: "me", Since: clock, Until: clock.Add(time.Hour)}
	if d := cmp.Diff(want, arm, cmpopts.EquateApproxTime(time.Millisecond)); d != "" {
		t.Error(d)
	}
	if heard := chaostest.Await(r, events.EnvironmentArmedTopic); heard.Reason != "game day" {
		t.Errorf("armed: %+v", heard)
	}
	if plan := ask(t, r, events.FaultPlanCall, request("f0")); plan.Refused() {
		t.Errorf("plan of an armed place: %+v", plan)
	}
	if all := ask(t, r, events.ArmListCall, events.Nothing{}); len(all.Arms) != 1 {
		t.Errorf("arms %+v", all)
	}
	stop()
	d.Stamp.Now = func() time.Time { return clock.Add(time.Hour) }
	r.Serve(d)
	if plan := ask(t, r, events.FaultPlanCall, request("f0")); !refusedBy(plan, chaos.GuardArmed) {
		t.Errorf("plan after the time: %+v", plan)
	}
	if all := ask(t, r, events.ArmListCall, events.Nothing{}); len(all.Arms) != 0 {
		t.Errorf("arms %+v", all)
	}
}

func refusedBy(plan events.FaultPlan, guard string) bool {
	for _, d := range plan.Decisions {
		if d.Guard == guard {
			return !d.Allowed && d.Advice != ""
		}
	}
	return false
}

// TestArmAnewAndDisarm: a later arm takes the place of an earlier one, and disarm ends it.
func TestArmAnewAndDisarm(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	l.labels[events.LabelProtected] = ""
	r.Serve(r.Deps("a", l))
	for _, reason := range []string{"one", "two"} {
		ask(t, r, events.ArmCall, events.ArmRequest{Environment: room, For: events.Duration(time.Hour), Reason: reason})
	}
	if all := ask(t, r, events.ArmListCall, events.Nothing{}); len(all.Arms) != 1 || all.Arms[0].Reason != "two" {
		t.Errorf("arms %+v", all)
	}
	ask(t, r, events.DisarmCall, events.DisarmRequest{Environment: room, By: "me"})
	chaostest.Await(r, events.EnvironmentDisarmedTopic)
	if plan := ask(t, r, events.FaultPlanCall, request("f0")); !refusedBy(plan, chaos.GuardArmed) {
		t.Errorf("plan %+v", plan)
	}
	_, err := events.DisarmCall.Ask(t.Context(), r.Bus, chaostest.Stamp().First(""), events.DisarmRequest{Environment: room})
	if events.KindOf(err) != events.KindNotFound {
		t.Errorf("disarmed again: %v", err)
	}
}

func TestBadArms(t *testing.T) {
	r := chaostest.New(t)
	r.Serve(r.Deps("a", newLamps(3)))
	good := events.ArmRequest{Environment: room, For: events.Duration(time.Hour), Reason: "why"}
	for name, tc := range map[string]struct {
		alter func(*events.ArmRequest)
		says  string
	}{
		"no reason":      {func(a *events.ArmRequest) { a.Reason = " " }, "a reason is missing"},
		"no time":        {func(a *events.ArmRequest) { a.For = 0 }, "more than 0s"},
		"too long":       {func(a *events.ArmRequest) { a.For = events.Duration(25 * time.Hour) }, "at most 24h"},
		"no environment": {func(a *events.ArmRequest) { a.Environment = "" }, "is not the name"},
	} {
		req := good
		tc.alter(&req)
		_, err := events.ArmCall.Ask(t.Context(), r.Bus, chaostest.Stamp().First(""), req)
		if events.KindOf(err) != events.KindInvalid || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
