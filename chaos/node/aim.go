package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// aim is what a fault found and drew, whatever it does to the nodes.
type aim struct {
	fault    fault
	evidence evidence
	revision string
	// unmet is why no victims could be drawn.
	unmet error
}

var _ chaos.Survey = aim{}

// surveys is how many namespaces are read at once.
const surveys = 8

// newAim reads the nodes and the run's namespace, draws the victims with the seed, and
// reads what they would take along.
func newAim(ctx context.Context, f fault, req events.FaultInject, seed uint64) (aim, error) {
	p, problems := read(f.params, req)
	if len(problems) > 0 {
		return aim{}, problems
	}
	a := aim{fault: f, evidence: evidence{request: req, params: p, installation: f.options.Installation}}
	var err error
	if a.evidence.nodes, a.revision, err = f.cluster.Nodes(ctx, req.Target.Labels, f.options.Allowed); err != nil {
		return aim{}, err
	}
	home, err := f.cluster.Survey(ctx, req.Namespace, p.runs)
	if err != nil {
		return aim{}, err
	}
	a.evidence.home = home.Namespace.Name
	chosen, unmet := Choose(a.evidence.nodes, home, req.Target, seed)
	a.unmet = unmet
	if err := a.read(ctx, chosen, home); err != nil {
		return aim{}, err
	}
	a.evidence.self = f.self(ctx)
	if f.look != nil && len(chosen) > 0 {
		f.look(ctx, &a.evidence)
	}
	return a, nil
}

// read reads the pods of the victims and every namespace that they are in.
func (a *aim) read(ctx context.Context, chosen []Node, home pod.Survey) error {
	for _, n := range chosen {
		pods, err := a.fault.cluster.PodsOn(ctx, n.Name, a.evidence.params.rules)
		if err != nil {
			return err
		}
		a.evidence.victims = append(a.evidence.victims, victim{Node: n, pods: pods})
	}
	var err error
	if a.evidence.namespaces, err = a.surveys(ctx, home); err != nil {
		return err
	}
	for i := range a.evidence.victims {
		a.own(&a.evidence.victims[i])
	}
	return nil
}

// surveys reads the namespaces of all pods of the victims.
func (a *aim) surveys(ctx context.Context, home pod.Survey) (map[string]pod.Survey, error) {
	var names []string
	for _, v := range a.evidence.victims {
		for _, p := range v.pods {
			names = append(names, p.Namespace)
		}
	}
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == home.Namespace.Name })
	read, errs := make([]pod.Survey, len(names)), make([]error, len(names))
	events.Parallel(len(names), surveys, func(i int) {
		if read[i], errs[i] = a.fault.cluster.Survey(ctx, names[i], everyPod); errs[i] != nil {
			errs[i] = fmt.Errorf("namespace %s: %w", names[i], errs[i])
		}
	})
	all := map[string]pod.Survey{home.Namespace.Name: home}
	for i, name := range names {
		all[name] = read[i]
	}
	return all, errors.Join(errs...)
}

// own gives the pods their owners, and notes which the fault takes away. What is in a
// namespace that is being deleted goes in any case, and does not come back.
func (a *aim) own(v *victim) {
	for i, p := range v.pods {
		s := a.evidence.namespaces[p.Namespace]
		for _, known := range s.Pods {
			if known.UID == p.UID {
				v.pods[i].Owner, v.pods[i].OwnerUnread = known.Owner, known.OwnerUnread
			}
		}
		if a.fault.takes(v.pods[i]) && !s.Namespace.Terminating {
			v.lost = append(v.lost, v.pods[i])
		}
	}
}

// Scopes are the run's namespace and the nodes. Whether other namespaces let the fault in is
// asked by a guard of this package, for those of Kubernetes itself may be hit along with a
// node.
func (a aim) Scopes() []chaos.Scope {
	home := a.evidence.namespaces[a.evidence.home]
	scopes := []chaos.Scope{{
		Kind: "namespace", Name: a.evidence.home, Labels: home.Namespace.Labels, Closing: home.Namespace.Terminating, Unread: home.Gaps[pod.PartNamespace],
		Allow: "set chaos: {allow: true} in the environment, or: kubectl label namespace " + a.evidence.home + " " + events.LabelChaos + "=" + events.ChaosAllowed,
	}}
	for _, v := range a.evidence.victims {
		s := chaos.Scope{
			Kind: kindNode, Name: v.Name, Labels: v.Labels, Closing: v.Terminating, Shared: true,
			Allow: "kubectl label node " + v.Name + " " + events.LabelChaos + "=" + events.ChaosAllowed + ", or start the server with --allow-nodes SELECTOR",
		}
		if v.Granted {
			s.Granted = "the operator lets faults into nodes with " + a.fault.options.Allowed
		}
		scopes = append(scopes, s)
	}
	return scopes
}

// Victims are the nodes that were drawn.
func (a aim) Victims() ([]chaos.Victim, error) {
	victims := make([]chaos.Victim, 0, len(a.evidence.victims))
	for _, v := range a.evidence.victims {
		victims = append(victims, v.entry())
	}
	return victims, a.unmet
}

// Decide asks the guards of the kind.
func (a aim) Decide(others []chaos.Order) []events.GuardDecision {
	e := a.evidence
	e.others = others
	return chaos.DecideAll(a.fault.guards, e)
}

// Kept is how things are before the fault.
func (a aim) Kept() json.RawMessage {
	return encode(keep(a.evidence.victims, a.evidence.namespaces, a.evidence.cluster.Name))
}

// Follow watches from the survey on.
func (a aim) Follow(ctx context.Context) (chaos.Follower, error) {
	f, err := follow(ctx, a.fault, a.start())
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (a aim) start() start {
	return start{nodes: a.evidence.nodes, revision: a.revision, namespaces: a.evidence.namespaces}
}
