package pod

import (
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/chaos"
)

// allowed is evidence that every guard says yes to.
func allowed() evidence {
	f := newFake(3)
	return evidence{request: request("f1"), survey: f.survey, victims: f.survey.Pods[:1]}
}

func TestGuards(t *testing.T) {
	const owner = "deployment-api"
	change := func(e *evidence, alter func(*Owner)) {
		o := e.survey.Owners[owner]
		alter(&o)
		e.survey.Owners[owner] = o
	}
	gap := func(p Part) func(*evidence) {
		return func(e *evidence) { e.survey.Gaps = map[Part]string{p: "forbidden"} }
	}
	for _, tc := range []struct {
		guard, name string
		alter       func(*evidence)
		allowed     bool
		seen        string
	}{
		{GuardReplicas, "two others", func(*evidence) {}, true, "keeps 2 other ready pods"},
		{GuardReplicas, "all are victims", func(e *evidence) { e.victims = e.survey.Pods }, false, "keeps 0"},
		{GuardReplicas, "others not ready", func(e *evidence) {
			e.survey.Pods[1].Ready, e.survey.Pods[2].Terminating = false, true
		}, false, "keeps 0"},
		{GuardReplicas, "outage allowed", func(e *evidence) {
			e.victims, e.request.AllowOutage = e.survey.Pods, true
		}, true, "allows the outage"},
		{GuardReplicas, "the others are victims of another fault", func(e *evidence) {
			e.others = map[string]bool{e.survey.Pods[1].UID: true, e.survey.Pods[2].UID: true}
		}, false, "keeps 0"},
		{GuardReplicas, "no owner", func(e *evidence) { e.victims = []Pod{{Name: "bare", UID: "bare"}} }, false, "no owner"},
		{GuardReplicas, "owner not read", func(e *evidence) {
			e.victims = []Pod{{Name: "api-9", UID: "x", OwnerUnread: "timeout"}}
			e.request.AllowOutage = true
		}, false, "the owner of pod api-9 is not known: timeout"},
		{GuardNoRollout, "owner not read", func(e *evidence) {
			e.victims = []Pod{{Name: "api-9", UID: "x", OwnerUnread: "timeout"}}
		}, false, "the owner of pod api-9 is not known: timeout"},
		{GuardBudgets, "budget allows", func(e *evidence) {
			e.survey.Budgets = []Budget{{Name: "pdb", Allowed: 1, Fresh: true, Covers: []string{e.victims[0].UID}}}
		}, true, "PodDisruptionBudget pdb allows 1 of 1"},
		{GuardBudgets, "budget spent", func(e *evidence) {
			e.survey.Budgets = []Budget{{Name: "pdb", Fresh: true, Covers: []string{e.victims[0].UID}}}
		}, false, "allows 0 more disruptions, and 1 are planned"},
		{GuardBudgets, "outage does not override the budget", func(e *evidence) {
			e.request.AllowOutage = true
			e.survey.Budgets = []Budget{{Name: "pdb", Fresh: true, Covers: []string{e.victims[0].UID}}}
		}, false, "PodDisruptionBudget pdb"},
		{GuardBudgets, "budget of others", func(e *evidence) {
			e.survey.Budgets = []Budget{{Name: "pdb", Fresh: true, Covers: []string{"somebody"}}}
		}, true, "no PodDisruptionBudget covers"},
		{GuardBudgets, "budget not seen by its controller", func(e *evidence) {
			e.survey.Budgets = []Budget{{Name: "pdb", Allowed: 9, Covers: []string{e.victims[0].UID}}}
		}, false, "has not seen it yet"},
		{GuardBudgets, "budget allows one, and another fault has drawn one", func(e *evidence) {
			e.others = map[string]bool{e.survey.Pods[1].UID: true}
			e.survey.Budgets = []Budget{{Name: "pdb", Allowed: 1, Fresh: true, Covers: []string{e.victims[0].UID, e.survey.Pods[1].UID}}}
		}, false, "allows 1 more disruptions, and 2 are planned"},
		{GuardBudgets, "what another fault has drawn is going already", func(e *evidence) {
			e.others, e.survey.Pods[1].Terminating = map[string]bool{e.survey.Pods[1].UID: true}, true
			e.survey.Budgets = []Budget{{Name: "pdb", Allowed: 1, Fresh: true, Covers: []string{e.victims[0].UID, e.survey.Pods[1].UID}}}
		}, true, "allows 1 of 1"},
		{GuardBudgets, "unknown budgets", gap(PartBudgets), false, "could not be read"},

		{GuardNoRollout, "complete", func(*evidence) {}, true, "3 updated"},
		{GuardNoRollout, "generation not seen", func(e *evidence) { change(e, func(o *Owner) { o.Generation = 2 }) }, false, "generation 2 (seen 0)"},
		{GuardNoRollout, "not all updated", func(e *evidence) { change(e, func(o *Owner) { o.Updated = 2 }) }, false, "2 updated"},
		{GuardNoRollout, "surge pod", func(e *evidence) { change(e, func(o *Owner) { o.Replicas = 4 }) }, false, "4 in all"},
		{GuardNoRollout, "partition, updated as far as it says", func(e *evidence) {
			change(e, func(o *Owner) { o.Updated, o.Partition = 1, 2 })
		}, true, "1 updated, 3 in all, 2 kept by its partition"},
		{GuardNoRollout, "partition, not updated as far", func(e *evidence) {
			change(e, func(o *Owner) { o.Updated, o.Partition = 0, 2 })
		}, false, "a rollout is going on"},
		{GuardNoRollout, "partition beyond the replicas", func(e *evidence) {
			change(e, func(o *Owner) { o.Updated, o.Partition = 0, 5 })
		}, true, "0 updated"},
		{GuardNoRollout, "partition, generation not seen", func(e *evidence) {
			change(e, func(o *Owner) { o.Updated, o.Partition, o.Generation = 0, 5, 2 })
		}, false, "generation 2 (seen 0)"},
		{GuardNoRollout, "on delete, all updated", func(e *evidence) { change(e, func(o *Owner) { o.OnDelete = true }) }, true, "3 updated"},
		{GuardNoRollout, "on delete, one not updated", func(e *evidence) {
			change(e, func(o *Owner) { o.OnDelete, o.Updated = true, 2 })
		}, false, "updates a pod when it is deleted, and 1 of 3 are of the former version: a fault would update them, too"},
		{GuardNoRollout, "unknown kind", func(e *evidence) {
			change(e, func(o *Owner) { o.Known, o.Why = false, "a Rollout is not known" })
		}, false, "a Rollout is not known"},
		{GuardNoRollout, "owner that was not read", func(e *evidence) { e.survey.Owners = nil }, false, "it was not there when the namespace was read"},
		{GuardNoRollout, "unknown owners", gap(PartOwners), false, "could not be read"},
	} {
		t.Run(tc.guard+"/"+tc.name, func(t *testing.T) {
			e := allowed()
			tc.alter(&e)
			for _, d := range chaos.DecideAll(guards(), e) {
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
