package node

import (
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// Node is one node, in the words of this package.
type Node struct {
	Name, UID string
	Labels    map[string]string
	// Ready is the condition of that name; Trouble says why it is not true.
	Ready   bool
	Trouble string
	// Unschedulable says that it is cordoned, by whomever.
	Unschedulable bool
	// Terminating says that it is being deleted.
	Terminating bool
	// Addresses are its addresses and host names.
	Addresses []string
	// Selected says that the target's selector matches, Granted that the operator's does.
	Selected, Granted bool
	// Mark is what a drain has written on it; nil for nothing.
	Mark *Mark
}

// Mark is what a drain writes on the node that it cordons, in the same change.
type Mark struct {
	// Fault is whose cordon it is.
	Fault string `json:"fault"`
	// Unschedulable says that the node was cordoned before, so that it stays so.
	Unschedulable bool `json:"unschedulable,omitempty"`
}

const (
	rolePrefix = "node-role.kubernetes.io/"
	zoneLabel  = "topology.kubernetes.io/zone"
	// plainRole is that of a node whose labels name none.
	plainRole = "worker"
)

// Roles are the roles that its labels name.
func (n Node) Roles() []string {
	var roles []string
	for label := range n.Labels {
		if role, is := strings.CutPrefix(label, rolePrefix); is {
			roles = append(roles, role)
		}
	}
	if len(roles) == 0 {
		return []string{plainRole}
	}
	slices.Sort(roles)
	return roles
}

// Zone is the zone that its labels name, "" for none.
func (n Node) Zone() string { return n.Labels[zoneLabel] }

// healthy says that it runs pods and takes new ones.
func (n Node) healthy() bool { return n.Ready && !n.Unschedulable && !n.Terminating }

// Pod is a pod on a node, and what a drain does with it.
type Pod struct {
	pod.Pod
	// Daemon says that a DaemonSet has it on every node, Static that the kubelet keeps it
	// by itself, Finished that it has ended.
	Daemon, Static, Finished bool
	Action                   Action
	// Why says why a drain leaves or refuses it.
	Why string
}

// Action is what a drain does with a pod.
type Action string

// The actions of a drain.
const (
	// Evict: it is evicted.
	Evict Action = "evict"
	// Skip: it stays, as the drain's rules have it.
	Skip Action = "skip"
	// Refuse: the drain may not take it, unless a parameter says so.
	Refuse Action = "refuse"
)

// String is "shop/api-1".
func (p Pod) String() string { return p.Namespace + "/" + p.Name }

// Rules are what the parameters of a drain allow.
type Rules struct {
	// Force takes pods that nobody replaces, DeleteEmptyDirData those that lose data.
	Force, DeleteEmptyDirData bool
	// Namespaces are those whose pods may be taken; nil for all. A drain takes none of a
	// namespace that the guards have not asked, whatever comes to the node meanwhile.
	Namespaces []string
}

// Leaves says why a drain leaves a pod alone that kubectl's would take; "" when it takes it.
func (r Rules) Leaves(p Pod) string {
	switch {
	case p.Finished:
		return "it has ended"
	case r.Namespaces != nil && !slices.Contains(r.Namespaces, p.Namespace):
		return "nobody has asked whether its namespace lets faults in"
	}
	return ""
}

// victim is a node that was drawn, with its pods.
type victim struct {
	Node
	pods []Pod
	// lost are those of the pods that the fault takes away.
	lost []Pod
}

// entry is the node as events and the ledger speak of it. It may not share with another
// fault itself, nor what has pods on it.
func (v victim) entry() chaos.Victim {
	where := "the cluster"
	if zone := v.Zone(); zone != "" {
		where = "zone " + zone
	}
	locks, takes := []string{"node/" + v.UID}, []string(nil)
	for _, p := range v.lost {
		takes = append(takes, p.Namespace+"/"+p.UID)
		if p.Owner.UID != "" {
			locks = append(locks, p.Namespace+"/"+p.Owner.UID)
		}
	}
	locks = append(locks, takes...)
	slices.Sort(locks)
	return chaos.Victim{
		Victim: events.Victim{Kind: kindNode, ID: v.UID, Name: v.Name, Where: where, Node: v.Name},
		Locks:  slices.Compact(locks), Takes: takes,
	}
}

// kindNode is the kind of all victims here.
const kindNode = "node"
