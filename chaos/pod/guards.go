package pod

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// The names of the guards of all faults that hit pods.
const (
	GuardReplicas  = "enough-replicas"
	GuardBudgets   = "disruption-budgets"
	GuardNoRollout = "no-rollout"
	GuardWhole     = "owners-whole"
)

// evidence is all that a guard of this package may decide by.
type evidence struct {
	request events.FaultInject
	survey  Survey
	// victims are the pods about to be hit.
	victims []Pod
	// others are the UIDs of the victims of other open faults; away is how many pods they hit
	// in other namespaces.
	others map[string]bool
	away   int
}

// guard is one of this package.
type guard = chaos.Guard[evidence]

// guards are all guards of this package, in the order in which their decisions are
// recorded.
func guards() []guard {
	return []guard{
		{Name: GuardReplicas, Question: "does every owner keep another ready replica?", Decide: enoughReplicas},
		{Name: GuardBudgets, Question: "does every PodDisruptionBudget allow it?", Decide: budgetsAllow},
		{Name: GuardNoRollout, Question: "are the rollouts of all owners complete?", Decide: noRollout},
		{Name: GuardWhole, Question: "has every owner recovered from what was before?", Decide: ownersWhole},
	}
}

// withoutBudgets are those of faults that no disruption budget is about, or whose budgets
// the API server keeps.
func withoutBudgets() []guard {
	return slices.DeleteFunc(guards(), func(g guard) bool { return g.Name == GuardBudgets })
}

// ofRollouts are those of faults that leave it to a rollout how many pods may be missing.
func ofRollouts() []guard {
	return slices.DeleteFunc(guards(), func(g guard) bool { return g.Name != GuardNoRollout && g.Name != GuardWhole })
}

// enoughReplicas is the guard of the last replica, which AllowOutage overrides.
func enoughReplicas(e evidence) events.GuardDecision {
	if why := ownerUnread(e); why != "" {
		return chaos.No("check that the server may get replicasets, and start again", "%s", why)
	}
	left, ok := everyOwnerKeepsOne(e)
	switch {
	case ok:
		return chaos.Yes("%s", left)
	case e.request.AllowOutage:
		return chaos.Yes("%s; the request allows the outage", left)
	}
	return chaos.No("run more replicas, or say allowOutage: true in the experiment", "%s", left)
}

// budgetsAllow refuses when one of the budgets over the victims does not allow as
// many disruptions as it would suffer, those by other open faults included.
func budgetsAllow(e evidence) events.GuardDecision {
	if why, missing := e.survey.gap(PartBudgets); missing {
		return chaos.No("check that the server may list poddisruptionbudgets", "%s", why)
	}
	var seen []string
	for _, b := range e.survey.Budgets {
		hit := covered(b, e.victims)
		planned := hit + coveredByOthers(b, e)
		switch {
		case hit == 0:
			continue
		case !b.Fresh:
			return chaos.No("wait a moment and start again", "PodDisruptionBudget %s was changed and its controller has not seen it yet", b.Name)
		case b.Allowed < planned:
			return chaos.No("wait until more pods are ready, or relax the budget; allowOutage does not override it",
				"PodDisruptionBudget %s allows %d more disruptions, and %d are planned", b.Name, b.Allowed, planned)
		}
		seen = append(seen, fmt.Sprintf("PodDisruptionBudget %s allows %d of %d", b.Name, b.Allowed, planned))
	}
	if len(seen) == 0 {
		return chaos.Yes("no PodDisruptionBudget covers the victims")
	}
	return chaos.Yes("%s", strings.Join(seen, "; "))
}

func noRollout(e evidence) events.GuardDecision {
	if why, missing := e.survey.gap(PartOwners); missing {
		return chaos.No("check that the server may list deployments, replicasets, statefulsets and daemonsets", "%s", why)
	}
	if why := ownerUnread(e); why != "" {
		return chaos.No("check that the server may get replicasets, and start again", "%s", why)
	}
	var seen []string
	for _, ref := range ownersOf(e.victims) {
		o := e.survey.Owners[ref.UID]
		if !o.Known {
			return chaos.No("choose pods of a Deployment, StatefulSet or DaemonSet", "the rollout of %s is not known: %s", ref, unknownWhy(o))
		}
		if why, advice := o.rolling(e.request.Namespace); why != "" {
			return chaos.No(advice, "%s", why)
		}
		seen = append(seen, o.rollout())
	}
	if len(seen) == 0 {
		return chaos.Yes("the victims have no owner that could roll out")
	}
	return chaos.Yes("%s", strings.Join(seen, "; "))
}

// ownerUnread says of which victim the owner is not known, and why.
func ownerUnread(e evidence) string {
	for _, v := range e.victims {
		if v.OwnerUnread != "" {
			return fmt.Sprintf("the owner of pod %s is not known: %s", v.Name, v.OwnerUnread)
		}
	}
	return ""
}

func unknownWhy(o Owner) string {
	if o.Why == "" {
		return "it was not there when the namespace was read"
	}
	return o.Why
}

// ownersOf lists the owners of the pods once each, in the order of the pods.
func ownersOf(pods []Pod) []Ref {
	var refs []Ref
	for _, p := range pods {
		if p.Owner.UID != "" && !slices.Contains(refs, p.Owner) {
			refs = append(refs, p.Owner)
		}
	}
	return refs
}
