package pod

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// removal is a fault that takes pods away, which their owners replace. To revert is
// to make sure that no victim hangs half deleted.
type removal struct {
	about   chaos.Description
	guards  []guard
	cluster ground
	// verb and resource are the call that does it.
	verb, resource string
	// remove takes one pod away. Errors: as chaos.Kind's Inject.
	remove func(ctx context.Context, v events.Victim, grace *time.Duration) error
}

var _ chaos.Kind = removal{}

// Describe is what was said of it when it was made.
func (k removal) Describe() chaos.Description { return k.about }

// Check says what is wrong with the target and the parameters.
func (removal) Check(r events.FaultInject) events.Problems {
	_, problems := graceParams().Parse(r.Params)
	return append(checkTarget(r), problems...)
}

// graces are the parameters of a removal; a nil grace keeps the pod's own.
type graces struct{ grace *time.Duration }

func graceParams() chaos.Params[graces] {
	return chaos.Params[graces]{
		chaos.Seconds("gracePeriod", "how long the pod may take to end, in whole seconds; absent: as the pod says",
			func(p *graces, d time.Duration) { p.grace = &d }),
	}
}

// Survey reads the namespace and draws the victims.
func (k removal) Survey(ctx context.Context, req events.FaultInject, seed uint64) (chaos.Survey, error) {
	a, err := newAim(ctx, k.cluster, req, seed)
	if err != nil {
		return nil, err
	}
	a.guards, a.begin = k.guards, beginTimeline
	a.streams = []stream{watchOf(k.cluster, a.seen)}
	for _, p := range a.pods {
		a.victims = append(a.victims, p.victim())
	}
	a.kept = keptBy(a)
	return k.cluster.bound(ctx, a), nil
}

// Undo says what is left to do after a pod was taken away.
func (removal) Undo(o chaos.Order) []string {
	steps := make([]string, 0, len(o.Victims))
	for _, v := range o.Victims {
		steps = append(steps, fmt.Sprintf("see pod %s/%s (uid %s) gone; its owner (%s) replaces it", v.Namespace, v.Name, v.UID, ownerName(v.Victim)))
	}
	return steps
}

// Writes is one for each pod.
func (k removal) Writes(o chaos.Order) []events.FaultWrite {
	params, _ := graceParams().Parse(o.Request.Params) // they were checked
	grace := "its own grace period"
	if params.grace != nil {
		grace = "a grace period of " + params.grace.String()
	}
	calls := make([]events.FaultWrite, 0, len(o.Victims))
	for _, v := range o.Victims {
		calls = append(calls, events.FaultWrite{
			Verb: k.verb, Resource: k.resource, Namespace: v.Namespace, Name: v.Name,
			Text: fmt.Sprintf("%s %s %s in namespace %s, if its uid is %s and nothing has changed it since it was read right before, with %s",
				k.verb, k.resource, v.Name, v.Namespace, v.UID, grace),
		})
	}
	return calls
}

func ownerName(v events.Victim) string {
	if v.Owner == "" {
		return "none"
	}
	return v.Owner
}

// Inject takes the pod away.
func (k removal) Inject(ctx context.Context, o chaos.Order, v events.Victim) error {
	params, problems := graceParams().Parse(o.Request.Params)
	if len(problems) > 0 {
		return chaos.Untouched(problems)
	}
	return answer(k.remove(ctx, v, params.grace))
}

// Effect reads whether the pod is going or gone.
func (k removal) Effect(ctx context.Context, o chaos.Order, v events.Victim) (in bool, seen string, err error) {
	s, err := k.cluster.Survey(ctx, o.Request.Namespace, o.Request.Target.Labels)
	if err != nil && !errors.Is(err, chaos.ErrGone) {
		return false, "", err
	}
	if p, there := s.pod(v.UID); there && !p.Terminating {
		return false, "it lives on", nil
	}
	return true, "", nil
}

// Revert finds victims that are still terminating.
func (k removal) Revert(ctx context.Context, o chaos.Order) ([]string, error) {
	victims := o.Hit()
	if len(victims) == 0 {
		return nil, nil
	}
	s, err := k.cluster.Survey(ctx, o.Request.Namespace, o.Request.Target.Labels)
	if errors.Is(err, chaos.ErrGone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find victims that are still there: %w", err)
	}
	var residue []string
	for _, v := range victims {
		if p, there := s.pod(v.UID); there && p.Terminating {
			residue = append(residue, fmt.Sprintf("pod %s/%s (uid %s) is still terminating", v.Namespace, v.Name, v.UID))
		}
	}
	return residue, nil
}

// Resume surveys the namespace again and follows from there.
func (k removal) Resume(ctx context.Context, o chaos.Order) (chaos.Follower, error) {
	if _, err := keptOf(o); err != nil {
		return nil, err
	}
	seen, err := resurvey(ctx, k.cluster, o)
	if err != nil {
		return nil, err
	}
	return followAgain(ctx, beginTimeline, seen, watchOf(k.cluster, seen))
}
