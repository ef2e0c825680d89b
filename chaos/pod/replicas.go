package chaos

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// enoughReplicas is the guard of the last replica. AllowOutage overrides it, but
// never a PodDisruptionBudget.
func enoughReplicas(e Evidence) events.GuardDecision {
	if d := budgetsAllow(e); !d.Allowed {
		return d
	}
	left, ok := everyOwnerKeepsOne(e)
	switch {
	case ok:
		return yes("%s; %s", left, budgetsSeen(e))
	case e.Request.AllowOutage:
		return yes("%s; the request allows the outage; %s", left, budgetsSeen(e))
	}
	return no("run more replicas, or say allowOutage: true in the experiment", "%s", left)
}

// budgetsAllow refuses when one of the budgets over the victims does not allow
// as many disruptions as it would suffer.
func budgetsAllow(e Evidence) events.GuardDecision {
	if why, missing := e.Survey.gap(PartBudgets); missing {
		return no("check that the server may list poddisruptionbudgets", "%s", why)
	}
	for _, b := range e.Survey.Budgets {
		hit := covered(b, e.Victims)
		switch {
		case hit == 0:
		case !b.Fresh:
			return no("wait a moment and start again", "PodDisruptionBudget %s was changed and its controller has not seen it yet", b.Name)
		case b.Allowed < hit:
			return no("wait until more pods are ready, or relax the budget; allowOutage does not override it",
				"PodDisruptionBudget %s allows %d more disruptions, and %d are planned", b.Name, b.Allowed, hit)
		}
	}
	return yes("")
}

func budgetsSeen(e Evidence) string {
	var seen []string
	for _, b := range e.Survey.Budgets {
		if hit := covered(b, e.Victims); hit > 0 {
			seen = append(seen, fmt.Sprintf("PodDisruptionBudget %s allows %d of %d", b.Name, b.Allowed, hit))
		}
	}
	if len(seen) == 0 {
		return "no PodDisruptionBudget covers the victims"
	}
	return strings.Join(seen, "; ")
}

func covered(b Budget, victims []Pod) int {
	n := 0
	for _, v := range victims {
		if b.covers(v.UID) {
			n++
		}
	}
	return n
}

// everyOwnerKeepsOne says whether each owner keeps a ready pod that is neither a
// victim nor terminating, and which do not.
func everyOwnerKeepsOne(e Evidence) (seen string, ok bool) {
	ok = true
	var parts []string
	for _, v := range e.Victims {
		if v.Owner.UID == "" {
			parts, ok = append(parts, fmt.Sprintf("pod %s has no owner that would replace it", v.Name)), false
		}
	}
	for _, ref := range ownersOf(e.Victims) {
		others := otherReady(e, ref)
		parts = append(parts, fmt.Sprintf("%s keeps %d other ready pods", ref, others))
		ok = ok && others > 0
	}
	return strings.Join(parts, "; "), ok
}

func otherReady(e Evidence, owner Ref) int {
	n := 0
	for _, p := range e.Survey.Pods {
		victim := slices.ContainsFunc(e.Victims, func(v Pod) bool { return v.UID == p.UID })
		if p.Owner.UID == owner.UID && p.Ready && !p.Terminating && !victim {
			n++
		}
	}
	return n
}
