package pod

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// owning is a fault that hits owners of pods as a whole, such as Deployments.
type owning struct {
	about   chaos.Description
	guards  []guard
	cluster ground
	begin   beginning
	// streams are what is watched for the victims.
	streams func(since Survey, victims []events.Victim) []stream
}

// Describe is what was said of it when it was made.
func (k owning) Describe() chaos.Description { return k.about }

func noParams() chaos.Params[struct{}] { return nil }

// Check says what is wrong with the target and the parameters.
func (k owning) Check(r events.FaultInject) events.Problems {
	p := checkTarget(r)
	p.Check(r.Target.PerOwner == 0, "target.perOwner", "is of no use: %s hits owners, and count says how many", k.about.Name)
	_, problems := noParams().Parse(r.Params)
	return append(p, problems...)
}

// aim reads the namespace and draws owners with the seed.
func (k owning) aim(ctx context.Context, req events.FaultInject, seed uint64) (aim, error) {
	seen, err := k.cluster.Survey(ctx, req.Namespace, req.Target.Labels)
	if err != nil {
		return aim{}, err
	}
	owners, unmet := chooseOwners(seen, req.Target, seed)
	a := aim{guards: k.guards, request: req, seen: seen, unmet: unmet, begin: k.begin}
	before := keptOwners{Owners: make(map[string]keptOwner)}
	var victims []events.Victim
	for _, ref := range owners {
		v := ref.victim(req.Namespace)
		pods := podsOf(seen, ref)
		before.Owners[ref.UID] = keepOwner(seen.Owners[ref.UID], pods)
		for _, p := range pods {
			v.Takes = append(v.Takes, p.Namespace+"/"+p.UID)
		}
		a.victims, a.pods, victims = append(a.victims, v), append(a.pods, pods...), append(victims, v.Victim)
	}
	a.kept, a.streams = before, k.streams(seen, victims)
	return a, nil
}

// Resume surveys the namespace again and follows from there.
func (k owning) Resume(ctx context.Context, o chaos.Order) (chaos.Follower, error) {
	seen, err := resurvey(ctx, k.cluster, o)
	if err != nil {
		return nil, err
	}
	return followAgain(ctx, k.begin, seen, k.streams(seen, o.Hit())...)
}

// keptOwners are the victims as they were before the fault, by their UIDs.
type keptOwners struct {
	Owners map[string]keptOwner `json:"owners"`
}

// keptOwner is an owner before the fault: how many replicas it was to have, how many
// were ready, and which pods it had.
type keptOwner struct {
	Replicas   int      `json:"replicas"`
	Ready      int      `json:"ready"`
	Generation int64    `json:"generation"`
	Known      []string `json:"known"`
}

func keepOwner(o Owner, pods []Pod) keptOwner {
	k := keptOwner{Replicas: o.Desired, Generation: o.Generation, Known: []string{}}
	for _, p := range pods {
		k.Known = append(k.Known, p.UID)
		if p.serves() {
			k.Ready++
		}
	}
	return k
}

// keptOwnersOf reads what was kept. Errors: chaos.ErrGone.
func keptOwnersOf(o chaos.Order) (keptOwners, error) {
	var k keptOwners
	if err := json.Unmarshal(o.Kept, &k); err != nil {
		return k, fmt.Errorf("the list of the owners from before the fault: %w", chaos.ErrGone)
	}
	return k, nil
}

// victim is an owner as events and the ledger speak of it.
func (r Ref) victim(namespace string) chaos.Victim {
	return chaos.Victim{
		Victim: events.Victim{
			Kind: strings.ToLower(r.Kind), ID: r.UID, Name: r.Name, Where: "namespace " + namespace,
			Namespace: namespace, UID: r.UID, Owner: r.String(),
		},
		Locks: []string{namespace + "/" + r.UID},
	}
}

// refOf is the owner that a victim is.
func refOf(v events.Victim) Ref {
	kind, name, _ := strings.Cut(v.Owner, "/")
	return Ref{Kind: kind, Name: name, UID: v.UID}
}

// serves says whether the pod takes traffic and goes on to.
func (p Pod) serves() bool { return p.Ready && !p.Terminating }

// podsOf are the pods of an owner.
func podsOf(s Survey, owner Ref) []Pod {
	var pods []Pod
	for _, p := range s.Pods {
		if owner.UID != "" && p.Owner.UID == owner.UID {
			pods = append(pods, p)
		}
	}
	return pods
}

// chooseOwners draws owners of pods that a target matches, as Choose draws pods: Count
// and Percent are of owners. Errors: chaos.ErrNoTarget.
func chooseOwners(s Survey, t events.FaultTarget, seed uint64) ([]Ref, error) {
	candidates := candidatesOf(s)
	if len(candidates) == 0 {
		return nil, fmt.Errorf("%w: %s", chaos.ErrNoTarget, nothingToHit(s, t))
	}
	firsts := firstOfEach(candidates)
	want, err := wanted(t, len(firsts), "owners of pods")
	if err != nil {
		return nil, err
	}
	return ownersOf(draw(firsts, want, 1, seed)), nil
}

// firstOfEach is one pod of each owner, in the order of the owners. Pods that nobody owns
// are left out.
func firstOfEach(pods []Pod) []Pod {
	owned := slices.DeleteFunc(slices.Clone(pods), func(p Pod) bool { return p.Owner.UID == "" })
	slices.SortStableFunc(owned, func(a, b Pod) int {
		return cmp.Or(cmp.Compare(a.Owner.Kind, b.Owner.Kind), cmp.Compare(a.Owner.Name, b.Owner.Name), cmp.Compare(a.Owner.UID, b.Owner.UID))
	})
	return slices.CompactFunc(owned, func(a, b Pod) bool { return a.Owner.UID == b.Owner.UID })
}
