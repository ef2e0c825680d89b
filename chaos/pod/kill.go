package pod

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// KillName is the name of the fault that deletes pods.
const KillName = "pod-kill"

// Killer deletes pods.
type Killer interface {
	// Kill deletes exactly that pod, not a later one of its name; nil grace keeps the
	// pod's own period, and with 0s the API server forgets the pod at once while its
	// containers may live on for a moment. It returns when the API server has accepted.
	// Errors: chaos.ErrGone, ErrTerminating, chaos.ErrForbidden, or anything else when
	// it is not known whether the pod was deleted.
	Kill(ctx context.Context, v events.Victim, grace *time.Duration) error
}

func newKill(c ground) chaos.Kind {
	guards := guards()
	return removal{
		about: describe(KillName, "deletes pods, each by its UID, with their own grace period or the one given",
			events.FaultMark{Name: events.MarkKillAccepted, Label: "Kill accepted by the API server"}, bounded(guards),
			events.Permission{Resource: "pods", Verbs: []string{"get", "delete"}}),
		guards: guards, cluster: c, verb: "delete", resource: "pods",
		remove: func(ctx context.Context, v events.Victim, grace *time.Duration) error { return c.Kill(ctx, v, grace) },
	}
}
