package pod

import (
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// Survey is one namespace as it was at one moment: all that the drawing and the
// guards may know. What could not be read is named in Gaps, never left out in
// silence.
type Survey struct {
	Namespace Namespace
	// Revision is the resource version of the list of pods; a watch that begins
	// there misses nothing.
	Revision string
	// Pods are all pods of the namespace; the selected ones say so.
	Pods []Pod
	// Owners are the controllers of the pods, by UID.
	Owners map[string]Owner
	// Budgets are the PodDisruptionBudgets of the namespace.
	Budgets []Budget
	// Gaps say what could not be read, and why.
	Gaps map[Part]string
	At   time.Time
}

// Part names a part of a survey that may be missing.
type Part string

// The parts of a survey that can be missing.
const (
	PartNamespace Part = "namespace"
	PartOwners    Part = "owners"
	PartBudgets   Part = "budgets"
	PartScalers   Part = "autoscalers"
)

// Namespace is what the guards need of a namespace.
type Namespace struct {
	Name        string
	Labels      map[string]string
	Terminating bool
}

// Pod is one pod, in the words of this package.
type Pod struct {
	Namespace string
	Name      string
	UID       string
	// Owner is the top of its controller chain, such as the Deployment above the
	// ReplicaSet. The zero value is a pod that nobody owns, or whose owner could not be
	// read; then OwnerUnread says why.
	Owner       Ref
	OwnerUnread string
	Node        string
	// Selected says that the target's selector matches.
	Selected bool
	Running  bool
	// Terminating says that a deletion was accepted already.
	Terminating bool
	Scheduled   bool
	// Started says that every container runs; Ready that the pod takes traffic.
	Started bool
	Ready   bool
	// Life tells the run of its containers from an earlier or later one of the same pod.
	Life string
	// Trouble is why the pod is not Ready, in the words of the scheduler or the
	// kubelet; empty when they say nothing.
	Trouble string
	// Containers are those that the pod is made of, Helpers those of ours that were added.
	Containers []Container
	Helpers    []Helper
	// SharesPIDs says with whom its containers share their process ids, if they do.
	SharesPIDs string
	// Restart is the fault that has rolled the pod out, by the mark in its template.
	Restart string
}

// Ref names an owner.
type Ref struct {
	Kind string `json:"kind,omitempty"`
	Name string `json:"name,omitempty"`
	UID  string `json:"uid,omitempty"`
}

// String is "Deployment/api", or "no owner".
func (r Ref) String() string {
	if r.UID == "" {
		return "no owner"
	}
	return r.Kind + "/" + r.Name
}

// Owner is a controller with the state of its rollout. Known is false when its
// state could not be read or its kind is not one of ours: then only Ref is set.
type Owner struct {
	Ref
	Known bool
	// Why says why it is not known.
	Why      string
	Desired  int
	Replicas int
	Updated  int
	Ready    int
	// Available is how many have been Ready for long enough.
	Available int
	// Recreate says that all pods of the former version go before one of the new comes.
	Recreate bool
	// AtOnce is how many replicas a rollout may take away before others are ready.
	AtOnce int
	// Paused says that changes are not rolled out; Stalled is why a rollout has given up.
	Paused  bool
	Stalled string
	// Above is what controls the owner itself, if something does.
	Above Ref
	// Held is the annotation of a fault that holds it at no replicas; Restart is the fault
	// that has rolled it out last, by the mark in its template.
	Held, Restart string
	// Partition is how many replicas keep the former version on purpose; OnDelete says
	// that a pod is updated when it is deleted, and not before.
	Partition int
	OnDelete  bool
	// Generation is what was asked for, Observed what the controller has seen.
	Generation int64
	Observed   int64
}

// Budget is a PodDisruptionBudget. Fresh is false when its controller has not
// seen the newest generation, so that Allowed cannot be trusted.
type Budget struct {
	Name    string
	Allowed int
	Fresh   bool
	// Covers are the UIDs of the pods that it selects.
	Covers []string
}

// covers says whether the budget protects the pod.
func (b Budget) covers(uid string) bool { return slices.Contains(b.Covers, uid) }

// victim is the pod as events and the ledger speak of it.
func (p Pod) victim() chaos.Victim {
	v := chaos.Victim{
		Victim: events.Victim{
			Kind: "pod", ID: p.UID, Name: p.Name, Where: p.where(),
			Namespace: p.Namespace, UID: p.UID, Node: p.Node,
		},
		Locks: []string{p.Namespace + "/" + p.UID},
	}
	if p.Owner.UID != "" {
		v.Owner = p.Owner.String()
		v.Locks = append(v.Locks, p.Namespace+"/"+p.Owner.UID)
	}
	return v
}

func (p Pod) where() string {
	if p.Node == "" {
		return "namespace " + p.Namespace
	}
	return "namespace " + p.Namespace + ", node " + p.Node
}

// candidate says whether the pod may be a victim at all.
func (p Pod) candidate() bool { return p.Selected && p.Running && !p.Terminating }

// ownerKey groups pods by owner; a pod without one is its own group.
func (p Pod) ownerKey() string {
	if p.Owner.UID == "" {
		return "pod:" + p.UID
	}
	return p.Owner.UID
}

// gap is the reason why a part is missing, if it is.
func (s Survey) gap(p Part) (string, bool) {
	why, missing := s.Gaps[p]
	return fmt.Sprintf("the %s could not be read: %s", p, why), missing
}

// pod finds a pod by UID.
func (s Survey) pod(uid string) (Pod, bool) {
	i := slices.IndexFunc(s.Pods, func(p Pod) bool { return p.UID == uid })
	if i < 0 {
		return Pod{}, false
	}
	return s.Pods[i], true
}

// has says whether there is a pod of that UID.
func (s Survey) has(uid string) bool {
	_, there := s.pod(uid)
	return there
}
