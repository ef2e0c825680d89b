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
	cluster Reader
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
	return newAim(ctx, k.cluster, k.guards, req, seed)
}

// Undo says what is left to do after a pod was taken away.
func (removal) Undo(o chaos.Order) []string {
	steps := make([]string, 0, len(o.Victims))
	for _, v := range o.Victims {
		steps = append(steps, fmt.Sprintf("see pod %s/%s (uid %s) gone; its owner (%s) replaces it", v.Namespace, v.Name, v.UID, ownerName(v.Victim)))
	}
	return steps
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
	seen, err := k.cluster.Survey(ctx, o.Request.Namespace, o.Request.Target.Labels)
	if err != nil {
		return nil, fmt.Errorf("namespace %s: %w", o.Request.Namespace, err)
	}
	f, err := follow(ctx, k.cluster, seen)
	if err != nil {
		return nil, err
	}
	f.missed = true
	return f, nil
}
