package pod

import (
	"context"
	"encoding/json"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// survey is what one removal found in a namespace and drew from it.
type survey struct {
	kind    removal
	request events.FaultInject
	seen    Survey
	pods    []Pod
	// unmet is why no victims could be drawn.
	unmet error
}

// Scopes is the namespace.
func (s survey) Scopes() []chaos.Scope {
	ns := s.seen.Namespace
	scope := chaos.Scope{
		Kind: "namespace", Name: ns.Name, Labels: ns.Labels, Closing: ns.Terminating, Unread: s.seen.Gaps[PartNamespace],
		Allow: "set chaos: {allow: true} in the environment, or: kubectl label namespace " + ns.Name + " " + events.LabelChaos + "=" + events.ChaosAllowed,
	}
	return []chaos.Scope{scope}
}

// Victims are the pods that were drawn.
func (s survey) Victims() ([]chaos.Victim, error) {
	victims := make([]chaos.Victim, 0, len(s.pods))
	for _, p := range s.pods {
		victims = append(victims, p.victim())
	}
	return victims, s.unmet
}

// Decide asks the guards of the kind.
func (s survey) Decide(others []chaos.Order) []events.GuardDecision {
	return decide(s.kind.guards, evidence{request: s.request, survey: s.seen, victims: s.pods, others: taken(others)})
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
func (s survey) Kept() json.RawMessage {
	k := kept{Known: []string{}, Owners: make(map[string]Ref)}
	for _, p := range s.pods {
		k.Owners[p.UID] = p.Owner
	}
	owners := ownersOf(s.pods)
	for _, p := range s.seen.Pods {
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
func (s survey) Follow(ctx context.Context) (chaos.Follower, error) {
	f, err := follow(ctx, s.kind.cluster, s.seen)
	if err != nil {
		return nil, err
	}
	return f, nil
}
