package pod

import (
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// EvictName is the name of the fault that evicts pods.
const EvictName = "pod-evict"

// MarkEvictionAccepted is the first mark of an eviction.
const MarkEvictionAccepted = "eviction-accepted"

// ErrBudget says that the API server keeps the pod because of a disruption budget.
var ErrBudget = errors.New("a disruption budget does not allow it")

// Evicter evicts pods.
type Evicter interface {
	// Evict asks the API server to evict exactly that pod, with the grace period as for
	// Killer. It returns when that was accepted. Errors: ErrBudget when a disruption
	// budget keeps the pod, which was not touched; else as Kill.
	Evict(ctx context.Context, v events.Victim, grace *time.Duration) error
}

// newEvict makes the fault that evicts pods. Whether disruption budgets allow it is
// not checked before: the API server decides it together with the eviction.
func newEvict(c ground) chaos.Kind {
	guards := withoutBudgets()
	asked := append(bounded(guards), events.GuardInfo{
		Name: GuardBudgets, Question: "does the API server allow the eviction, by every PodDisruptionBudget? (asked with each eviction)",
	})
	return removal{
		about: describe(EvictName, "evicts pods through the Eviction API, as a drain does, so that the API server keeps their disruption budgets",
			events.FaultMark{Name: MarkEvictionAccepted, Label: "Eviction accepted by the API server"}, asked,
			events.Permission{Resource: "pods", Verbs: []string{"get"}}, events.Permission{Resource: "pods/eviction", Verbs: []string{"create"}}),
		guards: guards, cluster: c, verb: "create", resource: "pods/eviction",
		remove: func(ctx context.Context, v events.Victim, grace *time.Duration) error {
			err := c.Evict(ctx, v, grace)
			if errors.Is(err, ErrBudget) {
				return &chaos.Refusal{
					Guard: GuardBudgets, Seen: err.Error(),
					Advice: "wait until more pods are ready, or relax the budget; allowOutage does not override it",
				}
			}
			return err
		},
	}
}
