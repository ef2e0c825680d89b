package chaos

import (
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }

// allowed is evidence that every guard says yes to.
func allowed() Evidence {
	f := newFake(3)
	return Evidence{Request: request("f1"), Survey: f.survey, Victims: f.survey.Pods[:1], Now: noon()}
}

func TestGuards(t *testing.T) {
	const owner = "deployment-api"
	change := func(e *Evidence, alter func(*Owner)) {
		o := e.Survey.Owners[owner]
		alter(&o)
		e.Survey.Owners[owner] = o
	}
	gap := func(p Part) func(*Evidence) {
		return func(e *Evidence) { e.Survey.Gaps = map[Part]string{p: "forbidden"} }
	}
	for _, tc := range []struct {
		guard, name string
		alter       func(*Evidence)
		allowed     bool
		seen        string
	}{
		{GuardStop, "released", func(*Evidence) {}, true, "released"},
		{GuardStop, "engaged", func(e *Evidence) { e.Stop = events.StopState{Engaged: true, Reason: "fire"} }, false, "fire"},

		{GuardFresh, "no deadline", func(*Evidence) {}, true, "no deadline"},
		{GuardFresh, "in time", func(e *Evidence) { e.Request.Deadline = noon().Add(time.Second) }, true, "wanted until"},
		{GuardFresh, "at the deadline", func(e *Evidence) { e.Request.Deadline = noon() }, false, "wanted until"},

		{GuardOptIn, "labelled", func(*Evidence) {}, true, OptInLabel},
		{GuardOptIn, "no label", func(e *Evidence) { delete(e.Survey.Namespace.Labels, OptInLabel) }, false, "no label"},
		{GuardOptIn, "other value", func(e *Evidence) { e.Survey.Namespace.Labels[OptInLabel] = "true" }, false, "=true"},
		{GuardOptIn, "unknown", gap(PartNamespace), false, "could not be read: forbidden"},

		{GuardOwnership, "ours", func(*Evidence) {}, true, "environment shop"},
		{GuardOwnership, "foreign", func(e *Evidence) { delete(e.Survey.Namespace.Labels, ManagedByLabel) }, false, "not ours"},
		{GuardOwnership, "no environment", func(e *Evidence) { delete(e.Survey.Namespace.Labels, EnvironmentLabel) }, false, "not ours"},
		{GuardOwnership, "another environment", func(e *Evidence) { e.Request.Environment = "other" }, false, "belongs to environment shop"},
		{GuardOwnership, "on the list", func(e *Evidence) {
			e.Survey.Namespace.Labels, e.Allowed = nil, []string{"shop"}
		}, true, "operator's list"},
		{GuardOwnership, "kubernetes, even on the list", func(e *Evidence) {
			e.Request.Namespace, e.Allowed = "kube-system", []string{"kube-system"}
		}, false, "belongs to Kubernetes"},
		{GuardOwnership, "being deleted", func(e *Evidence) { e.Survey.Namespace.Terminating = true }, false, "being deleted"},
		{GuardOwnership, "unknown", gap(PartNamespace), false, "could not be read"},

		{GuardReplicas, "two others", func(*Evidence) {}, true, "keeps 2 other ready pods"},
		{GuardReplicas, "all are victims", func(e *Evidence) { e.Victims = e.Survey.Pods }, false, "keeps 0"},
		{GuardReplicas, "others not ready", func(e *Evidence) {
			e.Survey.Pods[1].Ready, e.Survey.Pods[2].Terminating = false, true
		}, false, "keeps 0"},
		{GuardReplicas, "outage allowed", func(e *Evidence) {
			e.Victims, e.Request.AllowOutage = e.Survey.Pods, true
		}, true, "allows the outage"},
		{GuardReplicas, "no owner", func(e *Evidence) { e.Victims = []Pod{{Name: "bare", UID: "bare"}} }, false, "no owner"},
		{GuardReplicas, "budget allows", func(e *Evidence) {
			e.Survey.Budgets = []Budget{{Name: "pdb", Allowed: 1, Fresh: true, Covers: []string{e.Victims[0].UID}}}
		}, true, "PodDisruptionBudget pdb allows 1 of 1"},
		{GuardReplicas, "budget spent", func(e *Evidence) {
			e.Survey.Budgets = []Budget{{Name: "pdb", Fresh: true, Covers: []string{e.Victims[0].UID}}}
		}, false, "allows 0 more disruptions, and 1 are planned"},
		{GuardReplicas, "outage does not override the budget", func(e *Evidence) {
			e.Request.AllowOutage = true
			e.Survey.Budgets = []Budget{{Name: "pdb", Fresh: true, Covers: []string{e.Victims[0].UID}}}
		}, false, "PodDisruptionBudget pdb"},
		{GuardReplicas, "budget of others", func(e *Evidence) {
			e.Survey.Budgets = []Budget{{Name: "pdb", Fresh: true, Covers: []string{"somebody"}}}
		}, true, "no PodDisruptionBudget covers"},
		{GuardReplicas, "budget not seen by its controller", func(e *Evidence) {
			e.Survey.Budgets = []Budget{{Name: "pdb", Allowed: 9, Covers: []string{e.Victims[0].UID}}}
		}, false, "has not seen it yet"},
		{GuardReplicas, "unknown budgets", gap(PartBudgets), false, "could not be read"},

		{GuardNoRollout, "complete", func(*Evidence) {}, true, "3 updated"},
		{GuardNoRollout, "generation not seen", func(e *Evidence) { change(e, func(o *Owner) { o.Generation = 2 }) }, false, "generation 2 (seen 0)"},
		{GuardNoRollout, "not all updated", func(e *Evidence) { change(e, func(o *Owner) { o.Updated = 2 }) }, false, "2 updated"},
		{GuardNoRollout, "surge pod", func(e *Evidence) { change(e, func(o *Owner) { o.Replicas = 4 }) }, false, "4 in all"},
		{GuardNoRollout, "unknown kind", func(e *Evidence) {
			change(e, func(o *Owner) { o.Known, o.Why = false, "a Rollout is not known" })
		}, false, "a Rollout is not known"},
		{GuardNoRollout, "owner not in the survey", func(e *Evidence) { e.Survey.Owners = nil }, false, "not in the survey"},
		{GuardNoRollout, "unknown owners", gap(PartOwners), false, "could not be read"},

		{GuardNoOtherRun, "none open", func(*Evidence) {}, true, "no other fault"},
		{GuardNoOtherRun, "same owner", func(e *Evidence) { e.Others = []Entry{otherOn("shop", owner)} }, false, "fault other of run r"},
		{GuardNoOtherRun, "another owner", func(e *Evidence) { e.Others = []Entry{otherOn("shop", "x")} }, true, "no other fault"},
		{GuardNoOtherRun, "another namespace", func(e *Evidence) { e.Others = []Entry{otherOn("zoo", owner)} }, true, "no other fault"},
	} {
		t.Run(tc.guard+"/"+tc.name, func(t *testing.T) {
			e := allowed()
			tc.alter(&e)
			for _, d := range judge(e) {
				if d.Guard != tc.guard {
					continue
				}
				if d.Allowed != tc.allowed || !strings.Contains(d.Seen, tc.seen) {
					t.Errorf("allowed %v, seen %q", d.Allowed, d.Seen)
				}
				if !d.Allowed && d.Advice == "" {
					t.Error("a refusal without advice")
				}
				return
			}
			t.Fatal("the guard was not asked")
		})
	}
}

func otherOn(namespace, owner string) Entry {
	return Entry{
		Fault: "other", State: StateRecovering, Request: events.FaultInject{Fault: "other", Run: "r", Namespace: namespace},
		Victims: []Victim{{OwnerRef: Ref{UID: owner}}},
	}
}

func TestAllGuardsAreAsked(t *testing.T) {
	e := allowed()
	e.Stop.Engaged, e.Survey.Namespace.Labels = true, nil
	if got := len(judge(e)); got != len(Guards()) {
		t.Errorf("%d decisions, want %d", got, len(Guards()))
	}
	if got := len(refusals(judge(e))); got != 3 {
		t.Errorf("%d refusals, want 3", got)
	}
	e.Victims = nil
	for _, d := range judge(e) {
		if d.Guard == GuardReplicas || d.Guard == GuardNoRollout || d.Guard == GuardNoOtherRun {
			t.Errorf("guard %s decided about no victims", d.Guard)
		}
	}
}
