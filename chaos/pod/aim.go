package pod

import (
	"context"
	"encoding/json"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// aim is what a fault found in a namespace and drew from it, whatever it does to the
// pods.
type aim struct {
	cluster Reader
	guards  []guard
	request events.FaultInject
	seen    Survey
	pods    []Pod
	// unmet is why no victims could be drawn.
	unmet error
}

var _ chaos.Survey = aim{}

// newAim reads the namespace and draws the victims with the seed.
func newAim(ctx context.Context, c Reader, guards []guard, req events.FaultInject, seed uint64) (chaos.Survey, error) {
	seen, err := c.Survey(ctx, req.Namespace, req.Target.Labels)
	if err != nil {
		return nil, err
	}
	pods, unmet := Choose(seen, req.Target, seed)
	return aim{cluster: c, guards: guards, request: req, seen: seen, pods: pods, unmet: unmet}, nil
}

// checkTarget says what is wrong with the choice of pods.
func checkTarget(r events.FaultInject) events.Problems {
	var p events.Problems
	t := r.Target
	p.Check(r.Namespace != "", "namespace", "is missing")
	p.Check(t.Labels != "", "target.labels", "is missing: a selector without labels would take every pod")
	p.Check(t.Count >= 0, "target.count", "must not be negative")
	p.Check(t.Percent >= 0 && t.Percent <= 100, "target.percent", "must be between 1 and 100")
	p.Check(t.Count <= 0 || t.Percent <= 0, "target", "takes count or percent, not both")
	p.Check(t.PerOwner >= 0, "target.perOwner", "must not be negative")
	return p
}

// Scopes is the namespace.
func (a aim) Scopes() []chaos.Scope {
	ns := a.seen.Namespace
	scope := chaos.Scope{
		Kind: "namespace", Name: ns.Name, Labels: ns.Labels, Closing: ns.Terminating, Unread: a.seen.Gaps[PartNamespace],
		Allow: "set chaos: {allow: true} in the environment, or: kubectl label namespace " + ns.Name + " " + events.LabelChaos + "=" + events.ChaosAllowed,
	}
	return []chaos.Scope{scope}
}

// Victims are the pods that were drawn.
func (a aim) Victims() ([]chaos.Victim, error) {
	victims := make([]chaos.Victim, 0, len(a.pods))
	for _, p := range a.pods {
		victims = append(victims, p.victim())
	}
	return victims, a.unmet
}

// Decide asks the guards of the kind.
func (a aim) Decide(others []chaos.Order) []events.GuardDecision {
	return decide(a.guards, evidence{request: a.request, survey: a.seen, victims: a.pods, others: taken(others)})
}

// taken are the pods that other open faults have drawn.
func taken(others []chaos.Order) map[string]bool {
	uids := make(map[string]bool)
	for _, o := range others {
		for _, v := range o.Victims {
			uids[v.UID] = true
		}
	}
	return uids
}

// Kept lists the pods that the victims' owners have before the fault.
func (a aim) Kept() json.RawMessage {
	k := kept{Known: []string{}, Owners: make(map[string]Ref)}
	for _, p := range a.pods {
		k.Owners[p.UID] = p.Owner
	}
	owners := ownersOf(a.pods)
	for _, p := range a.seen.Pods {
		for _, o := range owners {
			if p.Owner.UID == o.UID {
				k.Known = append(k.Known, p.UID)
			}
		}
	}
	raw, err := json.Marshal(k)
	if err != nil {
		// Strings always encode.
		panic(err)
	}
	return raw
}

// Follow watches from the survey on.
func (a aim) Follow(ctx context.Context) (chaos.Follower, error) {
	f, err := follow(ctx, a.cluster, a.seen)
	if err != nil {
		return nil, err
	}
	return f, nil
}
