package node

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// maxShare is the most of a cluster's nodes, in percent, that may fail at once.
const maxShare = 66

// stays says whether a node is healthy, is no victim, and is hit by no other fault.
func (e evidence) stays(n Node) bool {
	return n.healthy() && !e.isVictim(n.Name) && !e.hitByOthers(n.Name)
}

func (e evidence) isVictim(name string) bool {
	return slices.ContainsFunc(e.victims, func(v victim) bool { return v.Name == name })
}

func (e evidence) hitByOthers(name string) bool {
	return slices.ContainsFunc(e.others, func(o chaos.Order) bool {
		return slices.ContainsFunc(o.Victims, func(v chaos.Victim) bool { return hitsNode(v) && v.Node == name })
	})
}

// healthyStay wants enough healthy nodes beside the victims, of each role and each zone
// that a victim has. Of a role one must stay in any case.
func healthyStay(e evidence) events.GuardDecision {
	var seen []string
	for _, role := range e.of(Node.Roles) {
		n := e.staying(func(n Node) bool { return slices.Contains(n.Roles(), role) })
		seen = append(seen, fmt.Sprintf("%d other healthy nodes have the role %s", n, role))
		if n < e.params.least {
			return chaos.No("add nodes, or choose others", "%s, want %d", seen[len(seen)-1], e.params.least)
		}
	}
	for _, zone := range e.of(func(n Node) []string { return []string{n.Zone()} }) {
		n := e.staying(func(n Node) bool { return n.Zone() == zone })
		seen = append(seen, fmt.Sprintf("%d in zone %q", n, zone))
		if n < e.params.leastInZone {
			return chaos.No("add nodes to the zone, or lower params.minHealthyInZone", "%d other healthy nodes are in zone %q, want %d", n, zone, e.params.leastInZone)
		}
	}
	return chaos.Yes("%s", strings.Join(seen, "; "))
}

// of are the distinct values that the victims have.
func (e evidence) of(values func(Node) []string) []string {
	var all []string
	for _, v := range e.victims {
		all = append(all, values(v.Node)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (e evidence) staying(counts func(Node) bool) int {
	n := 0
	for _, node := range e.nodes {
		if e.stays(node) && counts(node) {
			n++
		}
	}
	return n
}

func shareBounded(e evidence) events.GuardDecision {
	failing := len(e.nodes) - e.staying(func(Node) bool { return true })
	seen := fmt.Sprintf("%d of %d nodes would not be healthy, those of all open faults included", failing, len(e.nodes))
	if failing*100 > maxShare*len(e.nodes) {
		return chaos.No("wait until more nodes are healthy, or choose fewer", "%s: more than %d %%", seen, maxShare)
	}
	return chaos.Yes("%s", seen)
}

// replicasStay is the guard of the last replica, which AllowOutage overrides.
func replicasStay(e evidence) events.GuardDecision {
	var seen []string
	ok := true
	for _, p := range e.replaced() {
		switch {
		case p.OwnerUnread != "":
			return chaos.No("check that the server may get replicasets, and start again", "the owner of pod %s is not known: %s", p, p.OwnerUnread)
		case p.Owner.UID == "":
			seen, ok = append(seen, "pod "+p.String()+" has no owner that would replace it"), false
		default:
			n := e.keeps(p)
			seen = append(seen, fmt.Sprintf("%s of namespace %s keeps %d other ready pods", p.Owner, p.Namespace, n))
			ok = ok && n > 0
		}
	}
	text := strings.Join(seen, "; ")
	switch {
	case len(seen) == 0:
		return chaos.Yes("no pod that goes is ready")
	case ok:
		return chaos.Yes("%s", text)
	case e.request.AllowOutage:
		return chaos.Yes("%s; the request allows the outage", text)
	}
	return chaos.No("run more replicas on several nodes, or say allowOutage: true in the experiment", "%s", text)
}

// replaced are ready pods that go and are not of a DaemonSet, one of each owner.
func (e evidence) replaced() []Pod {
	var pods []Pod
	for _, v := range e.victims {
		for _, p := range v.lost {
			same := func(o Pod) bool { return p.Owner.UID != "" && o.Owner.UID == p.Owner.UID }
			if p.Ready && !p.Terminating && !p.Daemon && !slices.ContainsFunc(pods, same) {
				pods = append(pods, p)
			}
		}
	}
	return pods
}

// keeps counts the ready pods of the pod's owner that no fault takes.
func (e evidence) keeps(lost Pod) int {
	n := 0
	for _, p := range e.namespaces[lost.Namespace].Pods {
		if p.Owner.UID == lost.Owner.UID && p.Ready && !p.Terminating && !e.loses(p.UID) && !e.hitByOthers(p.Node) && !e.taken(p) {
			n++
		}
	}
	return n
}

func (e evidence) loses(uid string) bool {
	return slices.ContainsFunc(e.victims, func(v victim) bool {
		return slices.ContainsFunc(v.lost, func(p Pod) bool { return p.UID == uid })
	})
}

// taken says whether another open fault has drawn the pod, or what the pod goes with.
func (e evidence) taken(p pod.Pod) bool {
	return slices.ContainsFunc(e.others, func(o chaos.Order) bool {
		return slices.ContainsFunc(o.Victims, func(v chaos.Victim) bool {
			return v.UID == p.UID || slices.Contains(v.Takes, p.Namespace+"/"+p.UID)
		})
	})
}

// budgetsAllow refuses when a budget does not allow as many disruptions as the loss of
// the nodes would be, those by other open faults included: a machine that is switched off
// asks nobody.
func budgetsAllow(e evidence) events.GuardDecision {
	var seen []string
	for _, name := range slices.Sorted(maps.Keys(e.namespaces)) {
		s := e.namespaces[name]
		if why, missing := s.Gaps[pod.PartBudgets]; missing {
			return chaos.No("check that the server may list poddisruptionbudgets", "the budgets of namespace %s could not be read: %s", name, why)
		}
		for _, b := range s.Budgets {
			hit, planned := e.disrupts(s, b)
			switch {
			case hit == 0:
				continue
			case !b.Fresh:
				return chaos.No("wait a moment and start again", "PodDisruptionBudget %s/%s was changed and its controller has not seen it yet", name, b.Name)
			case b.Allowed < planned:
				return chaos.No("wait until more pods are ready, or relax the budget; allowOutage does not override it",
					"PodDisruptionBudget %s/%s allows %d more disruptions, and %d are planned", name, b.Name, b.Allowed, planned)
			}
			seen = append(seen, fmt.Sprintf("PodDisruptionBudget %s/%s allows %d of %d", name, b.Name, b.Allowed, planned))
		}
	}
	if len(seen) == 0 {
		return chaos.Yes("no PodDisruptionBudget covers a ready pod that goes")
	}
	return chaos.Yes("%s", strings.Join(seen, "; "))
}

// disrupts counts the ready pods of a budget that go, and all that are planned to: those
// that other open faults have drawn are not in its status yet.
func (e evidence) disrupts(s pod.Survey, b pod.Budget) (hit, planned int) {
	for _, p := range s.Pods {
		switch covered := slices.Contains(b.Covers, p.UID) && p.Ready && !p.Terminating; {
		case covered && e.loses(p.UID):
			hit, planned = hit+1, planned+1
		case covered && e.taken(p):
			planned++
		}
	}
	return hit, planned
}
