package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// PodKillName is the name of the pod-kill fault.
const PodKillName = "pod-kill"

// PodKill deletes pods. Their owners replace them, so there is nothing to put
// back: to revert is to make sure that no victim hangs half deleted. With a
// grace period of 0s the API server forgets the pod at once, while its
// containers may live on for a moment.
type PodKill struct{ Cluster Cluster }

var _ Fault = PodKill{}

// Describe tells what the fault is.
func (PodKill) Describe() Description {
	return Description{
		Name:    PodKillName,
		Summary: "deletes pods, each by its UID, with their own grace period or the one given",
		Revert:  "the owner replaces the pods; a victim that is still terminating is reported as residue",
	}
}

// Undo says what is left to do after a kill.
func (PodKill) Undo(o Order) []string {
	steps := make([]string, 0, len(o.Victims))
	for _, v := range o.Victims {
		steps = append(steps, fmt.Sprintf("see pod %s/%s (uid %s) gone; its owner (%s) replaces it", v.Namespace, v.Name, v.UID, ownerName(v)))
	}
	return steps
}

func ownerName(v events.Victim) string {
	if v.Owner == "" {
		return "none"
	}
	return v.Owner
}

// Inject deletes the pod.
func (f PodKill) Inject(ctx context.Context, o Order, v events.Victim) error {
	var grace *time.Duration
	if g := o.Request.GracePeriod; g != nil {
		std := g.Std()
		grace = &std
	}
	return f.Cluster.Kill(ctx, v, grace)
}

// Revert looks for victims that are still terminating.
func (f PodKill) Revert(ctx context.Context, o Order) ([]string, error) {
	if len(o.Victims) == 0 {
		return nil, nil
	}
	s, err := f.Cluster.Survey(ctx, o.Request.Namespace, o.Request.Target.Labels)
	if errors.Is(err, ErrGone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for victims of fault %s: %w", o.Request.Fault, err)
	}
	var residue []string
	for _, v := range o.Victims {
		if p, there := s.pod(v.UID); there && p.Terminating {
			residue = append(residue, fmt.Sprintf("pod %s/%s (uid %s) is still terminating", v.Namespace, v.Name, v.UID))
		}
	}
	return residue, nil
}
