package pod

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// aim is what a fault found in a namespace and drew from it, whatever it does to the
// pods.
type aim struct {
	guards  []guard
	request events.FaultInject
	seen    Survey
	// pods are those that the fault hits, whether one by one or with their owners, and
	// victims what it hits.
	pods    []Pod
	victims []chaos.Victim
	// unmet is why no victims could be drawn.
	unmet error
	// kept is what the ledger keeps for the kind.
	kept any
	// begin and streams make the follower.
	begin   beginning
	streams []stream
}

var _ chaos.Survey = aim{}

// newAim reads the namespace and draws pods with the seed.
func newAim(ctx context.Context, c Reader, req events.FaultInject, seed uint64) (aim, error) {
	seen, err := c.Survey(ctx, req.Namespace, req.Target.Labels)
	if err != nil {
		return aim{}, err
	}
	pods, unmet := Choose(seen, req.Target, seed)
	return aim{request: req, seen: seen, pods: pods, unmet: unmet}, nil
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

// Victims are those that were drawn.
func (a aim) Victims() ([]chaos.Victim, error) { return a.victims, a.unmet }

// Decide asks the guards of the kind.
func (a aim) Decide(others []chaos.Order) []events.GuardDecision {
	return chaos.DecideAll(a.guards, evidence{request: a.request, survey: a.seen, victims: a.pods, others: taken(others), away: away(others, a.request.Namespace)})
}

// taken are the UIDs of what other open faults have drawn: pods, owners of pods, and what
// goes with nodes.
func taken(others []chaos.Order) map[string]bool {
	uids := make(map[string]bool)
	for _, o := range others {
		for _, v := range o.Victims {
			uids[v.UID] = true
			for _, name := range v.Takes {
				_, uid, _ := strings.Cut(name, "/")
				uids[uid] = true
			}
		}
	}
	return uids
}

// Kept is what the kind wants to find again.
func (a aim) Kept() json.RawMessage {
	raw, err := json.Marshal(a.kept)
	if err != nil {
		// Plain data always encodes.
		panic(err)
	}
	return raw
}

// Follow watches from the survey on.
func (a aim) Follow(ctx context.Context) (chaos.Follower, error) {
	f, err := follow(ctx, a.begin, a.seen, a.streams...)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// resurvey reads the namespace of an order again. Errors: chaos.ErrGone among others.
func resurvey(ctx context.Context, c Reader, o chaos.Order) (Survey, error) {
	seen, err := c.Survey(ctx, o.Request.Namespace, o.Request.Target.Labels)
	if err != nil {
		return Survey{}, fmt.Errorf("namespace %s: %w", o.Request.Namespace, err)
	}
	return seen, nil
}

func isGone(err error) bool { return errors.Is(err, chaos.ErrGone) }
