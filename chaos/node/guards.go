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

// The names of the guards of faults that hit nodes.
const (
	GuardReady      = "node-ready"
	GuardOwnNode    = "not-our-node"
	GuardHealthy    = "healthy-nodes"
	GuardShare      = "node-share"
	GuardOneNode    = "no-other-node-fault"
	GuardNamespaces = "namespaces-let-in"
	GuardReplicas   = "replicas-elsewhere"
	GuardBudgets    = "budgets-on-node"
	GuardDrainable  = "drainable"
	GuardPower      = "power-switch"
)

// evidence is all that a guard of this package may decide by.
type evidence struct {
	request events.FaultInject
	params  params
	// home is the run's namespace.
	home       string
	nodes      []Node
	victims    []victim
	namespaces map[string]pod.Survey
	// others are the orders of all other open faults.
	others []chaos.Order
	self   self
	// installation is ours.
	installation string
	// cluster is what the provisioner knows of it, powerUnknown why it does not say.
	cluster      events.Cluster
	powerUnknown error
}

// guard is one of this package.
type guard = chaos.Guard[evidence]

// guards are those of both kinds, in the order in which their decisions are recorded.
func guards() []guard {
	return []guard{
		{Name: GuardReady, Question: "is the node Ready, and marked by no other fault?", Decide: nodesReady},
		{Name: GuardOwnNode, Question: "does this server run somewhere else?", Decide: notOurs},
		{Name: GuardOneNode, Question: "is no other fault open on a node?", Decide: noOtherNode},
		{Name: GuardHealthy, Question: "do enough healthy nodes stay, of each role and of the zone (minHealthy, minHealthyInZone)?", Decide: healthyStay},
		{Name: GuardShare, Question: fmt.Sprintf("do at most %d %% of the cluster's nodes fail, those of all open faults included?", maxShare), Decide: shareBounded},
		{Name: GuardNamespaces, Question: "do the namespaces of all pods that go let faults in, or does the operator allow the node?", Decide: namespacesLetIn},
		{Name: GuardReplicas, Question: "does every owner of a pod that goes keep a ready one on another node?", Decide: replicasStay},
	}
}

// drainGuards are those of a drain. Its budgets are a guard that the API server is asked in
// place of.
func drainGuards() ([]guard, []events.GuardInfo) {
	all := append(guards(), guard{Name: GuardDrainable, Question: "do the parameters allow that every pod that must go is evicted?", Decide: drainable})
	return all, append(chaos.GuardInfos(all), events.GuardInfo{
		Name: GuardBudgets, Question: "does the API server allow each eviction, by every PodDisruptionBudget? (asked with each eviction, until the timeout)",
	})
}

// killGuards are those of a power cut, which asks no API server.
func killGuards() []guard {
	return append(guards(),
		guard{Name: GuardBudgets, Question: "does every PodDisruptionBudget allow the loss of the node's pods?", Decide: budgetsAllow},
		guard{Name: GuardPower, Question: "does the provisioner have a switch for the node's machine, and is that on?", Decide: hasSwitch})
}

func nodesReady(e evidence) events.GuardDecision {
	var seen []string
	for _, v := range e.victims {
		switch {
		case !v.Ready:
			return chaos.No("kubectl describe node "+v.Name, "node %s is not Ready: %s", v.Name, orUnknown(v.Trouble))
		case v.Mark != nil && v.Mark.Fault != e.request.Fault:
			return chaos.No("shakedown chaos ledger --open", "node %s is cordoned by fault %s", v.Name, v.Mark.Fault)
		}
		text := "node " + v.Name + " is Ready"
		if v.Unschedulable {
			text += " and was cordoned before, which stays"
		}
		seen = append(seen, text)
	}
	return chaos.Yes("%s", strings.Join(seen, "; "))
}

func orUnknown(why string) string {
	if why == "" {
		return "nobody says why"
	}
	return why
}

func notOurs(e evidence) events.GuardDecision {
	if e.self.unknown != "" {
		return chaos.No("start the server with --own-node NAME", "it is not known on which node this server runs: %s", e.self.unknown)
	}
	for _, v := range e.victims {
		if by, is := e.self.runs(v.Node); is {
			return chaos.No("choose other nodes", "this server runs on node %s: %s", v.Name, by)
		}
	}
	if e.self.Node != "" {
		return chaos.Yes("this server runs on node %s", e.self.Node)
	}
	return chaos.Yes("this server does not run in the cluster, and no victim has one of its addresses")
}

// noOtherNode refuses a second fault of nodes: two together may take what each leaves.
func noOtherNode(e evidence) events.GuardDecision {
	for _, o := range e.others {
		for _, v := range o.Victims {
			if hitsNode(v) {
				return chaos.No("wait until it is closed: shakedown chaos ledger",
					"fault %s of run %s is open on %s %s", o.Request.Fault, o.Request.Run, v.Kind, v.Name)
			}
		}
	}
	return chaos.Yes("no other fault is open on a node")
}

// hitsNode says whether the victim of another fault is a node, or what a node runs on.
// What is in a namespace only names the node that it is on.
func hitsNode(v chaos.Victim) bool { return v.Namespace == "" && v.Node != "" }

// namespacesLetIn asks the namespaces of all pods that go. Those of Kubernetes itself are
// part of the cluster, as its nodes are.
func namespacesLetIn(e evidence) events.GuardDecision {
	var seen []string
	for _, name := range e.reached() {
		s := e.namespaces[name]
		switch why, unread := s.Gaps[pod.PartNamespace]; {
		case unread:
			return chaos.No("check that the server may get namespaces", "namespace %s could not be read: %s", name, why)
		case name != e.home && protected(s):
			return chaos.No("choose nodes without pods of namespace "+name, "the fault takes pods of namespace %s along, which is protected", name)
		case strings.HasPrefix(name, "kube-"):
			seen = append(seen, name+" belongs to Kubernetes")
		case e.granted(name):
			seen = append(seen, name+" is on nodes that the operator allows")
		case name != e.home && e.anothers(s) != "":
			return chaos.No("choose nodes without pods of namespace "+name+", or start the server with --allow-nodes SELECTOR",
				"the fault takes pods of namespace %s along, which belongs to installation %s", name, e.anothers(s))
		case s.Namespace.Labels[events.LabelChaos] != events.ChaosAllowed:
			return chaos.No("kubectl label namespace "+name+" "+events.LabelChaos+"="+events.ChaosAllowed+", or start the server with --allow-nodes SELECTOR",
				"the fault takes pods of namespace %s along, which does not let faults in", name)
		default:
			seen = append(seen, name+" lets faults in")
		}
	}
	if len(seen) == 0 {
		return chaos.Yes("no pod goes")
	}
	return chaos.Yes("%s", strings.Join(seen, "; "))
}

// protected says whether a namespace keeps faults out until it is armed, which the engine
// asks of the run's own alone.
func protected(s pod.Survey) bool {
	value, set := s.Namespace.Labels[events.LabelProtected]
	return set && value != "false"
}

// anothers is the other installation that has made the namespace, "" for none. What it lets
// in are its own faults.
func (e evidence) anothers(s pod.Survey) string {
	if by := s.Namespace.Labels[events.LabelInstallation]; by != e.installation {
		return by
	}
	return ""
}

// reached are the namespaces of the pods that go.
func (e evidence) reached() []string {
	names := make(map[string]bool)
	for _, v := range e.victims {
		for _, p := range v.lost {
			names[p.Namespace] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// granted says whether all pods of the namespace that go are on nodes that the operator
// allows with all that is on them.
func (e evidence) granted(namespace string) bool {
	return !slices.ContainsFunc(e.victims, func(v victim) bool {
		return !v.Granted && slices.ContainsFunc(v.lost, func(p Pod) bool { return p.Namespace == namespace })
	})
}

// drainable refuses what is known to have no end.
func drainable(e evidence) events.GuardDecision {
	var refused, all []string
	for _, v := range e.victims {
		for _, p := range v.pods {
			text := string(p.Action) + " " + p.String()
			if p.Why != "" {
				text += " (" + p.Why + ")"
			}
			all = append(all, text)
			if p.Action == Refuse {
				refused = append(refused, p.String()+": "+p.Why)
			}
		}
	}
	if len(refused) > 0 {
		return chaos.No("give params: {force: true} or {deleteEmptyDirData: true} if that may be lost", "the drain may not take %s", strings.Join(refused, "; "))
	}
	return chaos.Yes("%s", strings.Join(all, "; "))
}

// hasSwitch refuses a node whose power nobody can switch.
func hasSwitch(e evidence) events.GuardDecision {
	const advice = "break it with node-drain, or run the cluster with a driver that has switches: shakedown cluster list"
	switch {
	case e.powerUnknown != nil:
		return chaos.No(advice, "the provisioner does not say who could switch off the node: %v", e.powerUnknown)
	case !e.cluster.Switch:
		return chaos.No(advice, "driver %s of cluster %s has no power switch for its nodes", e.cluster.Driver, e.cluster.Name)
	}
	var seen []string
	for _, v := range e.victims {
		i := slices.IndexFunc(e.cluster.Nodes, func(n events.ClusterNode) bool { return n.Name == v.Name })
		switch {
		case i < 0:
			return chaos.No("shakedown cluster show "+e.cluster.Name, "driver %s knows no machine of node %s in cluster %s", e.cluster.Driver, v.Name, e.cluster.Name)
		case !e.cluster.Nodes[i].Powered:
			return chaos.No("shakedown cluster show "+e.cluster.Name, "the machine of node %s is off already", v.Name)
		}
		seen = append(seen, fmt.Sprintf("driver %s has the switch of node %s in cluster %s", e.cluster.Driver, v.Name, e.cluster.Name))
	}
	return chaos.Yes("%s", strings.Join(seen, "; "))
}
