package chaos

import (
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Errors of a Cluster and of a Fault, matched with errors.Is. Each is final: to
// try again would not help.
var (
	// ErrGone says that the pod, or the namespace, is not there any more.
	ErrGone = errors.New("it is gone already")
	// ErrTerminating says that the pod was being deleted before we asked.
	ErrTerminating = errors.New("it was already terminating")
	// ErrForbidden says that the API server refuses the call.
	ErrForbidden = errors.New("the API server refuses it")
	// ErrSelector says that the label selector does not parse.
	ErrSelector = errors.New("bad label selector")
)

// Order is one fault as it was decided: what the ledger remembers of it.
type Order struct {
	Request events.FaultInject
	Victims []events.Victim
	Seed    uint64
}

// Fault is one way to break something. Both directions are idempotent and may be
// called by any replica, with nothing but the order at hand. ctx carries the
// deadline; that of Revert survives the end of the server.
type Fault interface {
	// Describe tells what the fault is.
	Describe() Description
	// Undo says in words what Revert will do for the order. It is written to the
	// ledger before anything is injected.
	Undo(o Order) []string
	// Inject hits one victim and returns when the API server has accepted it. It is
	// called once for each victim, one after the other. Errors: ErrGone,
	// ErrTerminating, ErrForbidden, or anything else when it is not known whether
	// the victim was hit.
	Inject(ctx context.Context, o Order, v events.Victim) error
	// Revert ends the fault's effect on the victims of the order, which are those that
	// were hit. It returns what of it is still there. An error means that it could
	// not be told; the call is then repeated.
	Revert(ctx context.Context, o Order) (residue []string, err error)
}

// Description tells people of a fault.
type Description struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	// Revert says how the fault ends.
	Revert string `json:"revert"`
}

// Cluster is what chaos needs of a Kubernetes API. It is safe for concurrent use.
type Cluster interface {
	// Survey reads a namespace; the selector marks pods as Selected. Errors:
	// ErrSelector, ErrGone when the namespace is not there, ErrForbidden when the
	// pods may not be listed. Everything else that cannot be read becomes a gap.
	Survey(ctx context.Context, namespace, selector string) (Survey, error)
	// Kill deletes exactly that pod, not a later one of its name; nil grace keeps
	// the pod's own period. It returns when the API server has accepted. Errors: as
	// Fault.Inject.
	Kill(ctx context.Context, v events.Victim, grace *time.Duration) error
	// Watch tells of every change of the namespace's pods since the survey, until ctx
	// ends; then it returns nil. It calls opened once, when the stream is open, and
	// mends broken streams itself. Errors: ErrForbidden.
	Watch(ctx context.Context, since Survey, opened func(), show func(Change)) error
}

// Change is a pod as a watch showed it.
type Change struct {
	Pod Pod
	// Gone says that the pod was deleted.
	Gone bool
	// At is when the event reached us.
	At time.Time
	// Since is set when the change was found after the stream had been broken: it
	// happened between Since and At.
	Since time.Time
}
