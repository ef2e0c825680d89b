package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// fault is what the faults of nodes have in common, and where they differ.
type fault struct {
	about   chaos.Description
	params  chaos.Params[params]
	guards  []guard
	cluster Cluster
	options Options
	// takes says whether the fault takes the pod away.
	takes func(Pod) bool
	// look reads what only this kind needs; nil for nothing.
	look func(ctx context.Context, e *evidence)
	// down says why the fault is not in effect on a node, gone or not. Empties says that
	// the pods that it takes must be gone, too.
	down    func(n Node, gone bool) (why string)
	empties bool
	// lives says whether a ready pod that was there before the fault counts as ready.
	lives func(p pod.Pod, before keptPod) bool
}

// Describe is what was said of it when it was made.
func (f fault) Describe() chaos.Description { return f.about }

// Check says what is wrong with the target and the parameters.
func (f fault) Check(r events.FaultInject) events.Problems {
	_, problems := read(f.params, r)
	return append(checkTarget(r), problems...)
}

// Survey reads the cluster and draws the victims.
func (f fault) Survey(ctx context.Context, req events.FaultInject, seed uint64) (chaos.Survey, error) {
	a, err := newAim(ctx, f, req, seed)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Resume reads the nodes and the namespaces again and follows from there.
func (f fault) Resume(ctx context.Context, o chaos.Order) (chaos.Follower, error) {
	k, err := keptOf(o)
	if err != nil {
		return nil, err
	}
	s := start{namespaces: make(map[string]pod.Survey), missed: true}
	if s.nodes, s.revision, err = f.cluster.Nodes(ctx, o.Request.Target.Labels, ""); err != nil {
		return nil, err
	}
	for _, name := range k.Namespaces {
		survey, err := f.cluster.Survey(ctx, name, everyPod)
		if err != nil {
			return nil, fmt.Errorf("namespace %s: %w", name, err)
		}
		s.namespaces[name], s.at = survey, survey.At
	}
	follower, err := follow(ctx, f, s)
	if err != nil {
		return nil, err
	}
	return follower, nil
}

// self finds out where this process runs.
func (f fault) self(ctx context.Context) self {
	s := self{Self: f.options.Self}
	if s.Node != "" || s.Pod == "" {
		return s
	}
	name, err := f.cluster.NodeOf(ctx, s.Namespace, s.Pod)
	if err != nil {
		s.unknown = fmt.Sprintf("the node of our pod %s/%s: %v", s.Namespace, s.Pod, err)
	}
	s.Node = name
	return s
}

// self is Self with what was looked up.
type self struct {
	Self
	// unknown says why our node is not known although we run in the cluster.
	unknown string
}

// runs says whether this process runs on the node, and by what that is seen.
func (s self) runs(n Node) (by string, is bool) {
	switch {
	case s.Node != "" && s.Node == n.Name:
		return "it is our node", true
	case s.Hostname != "" && (s.Hostname == n.Name || slices.Contains(n.Addresses, s.Hostname)):
		return "it has our host name " + s.Hostname, true
	}
	for _, address := range s.Addresses {
		if slices.Contains(n.Addresses, address) {
			return "it has our address " + address, true
		}
	}
	return "", false
}

// mend takes back at once what was done after the right to do it was lost: the process was
// stopped between its last look at the lease and the act, and another server may have
// closed the fault meanwhile.
func mend(ctx context.Context, lost error, revert func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(events.WithFence(context.WithoutCancel(ctx), func() error { return nil }), afterwards)
	defer cancel()
	return errors.Join(lost, revert(ctx))
}

// touched are the victims that may have been hit: those whose injection was sent and was
// not answered with a no.
func touched(o chaos.Order) []chaos.Victim {
	return slices.DeleteFunc(slices.Clone(o.Victims), func(v chaos.Victim) bool {
		return !v.Hit && (v.Sent.IsZero() || v.Answered)
	})
}

// marks are those of both kinds, in the order in which they are due.
func marks(sent, down events.FaultMark) []events.FaultMark {
	sent.Role, down.Role = events.RoleSent, events.RoleEffect
	return []events.FaultMark{
		sent, down,
		{Name: markBack, Label: "Node Ready and as before"},
		{Name: markHealed, Role: events.RoleHealed, Label: "What it ran is back"},
	}
}

// The marks that both kinds have.
const (
	markBack   = "node-back"
	markHealed = "pods-back"
)
