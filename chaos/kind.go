package chaos

import (
	"context"
	"encoding/json"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Kind is one way to break something. The engine asks it for everything that
// differs between faults: what it takes, whom it hits, what must hold before, how
// the effect and the recovery are seen, and how it is undone.
//
// All methods may be called at the same time from several goroutines. Those with
// an Order may be called by any replica, which has nothing but the order at hand,
// and again after a crash. Every ctx carries a deadline.
type Kind interface {
	// Describe says what the kind is. It is pure and works without a cluster.
	Describe() Description
	// Check says what is wrong with the target and the parameters of a request, with
	// all problems at once. It is pure.
	Check(req events.FaultInject) events.Problems
	// Survey reads the target and draws victims with the seed. It touches nothing.
	// Errors: ErrGone, ErrForbidden, or anything else that kept it from reading.
	Survey(ctx context.Context, req events.FaultInject, seed uint64) (Survey, error)
	// Undo says in words what Revert will do. It is written to the ledger before
	// anything is injected.
	Undo(o Order) []string
	// Writes are all calls that Inject and Revert will send to change something, in their order. It
	// is pure.
	Writes(o Order) []events.FaultWrite
	// Inject hits one victim and returns when that was accepted. It hits exactly the
	// ID of the victim, never a later one of its name. Errors: *Refusal when the
	// victim may not be hit now, an error of Untouched when it was surely not hit, or
	// anything else when that is not known.
	Inject(ctx context.Context, o Order, v events.Victim) error
	// Effect reads what became of an Inject whose answer is not known: whether the
	// fault is in effect on the victim, or bound to be; and what was seen instead. An
	// error means that it could not be read.
	Effect(ctx context.Context, o Order, v events.Victim) (in bool, seen string, err error)
	// Revert ends the effect on the victims that were hit. It is idempotent and returns
	// what of the fault is still there. An error means that this is not known; the call
	// is then repeated.
	Revert(ctx context.Context, o Order) (residue []string, err error)
	// Resume follows the victims of an order again, in a process that has not surveyed
	// the target. Errors: ErrGone when there is nothing to follow any more.
	Resume(ctx context.Context, o Order) (Follower, error)
}

// Slow is a Kind whose injections take as long as the request says.
type Slow interface {
	Kind
	// InjectTimeout bounds one Inject of the request, in place of that of the Description.
	// It is pure, also for a request that Check refuses.
	InjectTimeout(req events.FaultInject) time.Duration
}

// Description is what a kind says of itself.
type Description struct {
	events.FaultKind
	// InjectTimeout bounds one Inject; 0 means that of the Config.
	InjectTimeout time.Duration
}

// Survey is a target as a kind saw it at one moment.
type Survey interface {
	// Scopes are the places whose consent the engine asks for: each must be let in by
	// its label and be one of ours.
	Scopes() []Scope
	// Victims are those that were drawn. Errors: ErrNoTarget.
	Victims() ([]Victim, error)
	// Decide asks the guards of the kind. Others are the open orders of all kinds; what
	// a guard sums, it sums over them too. It is pure, and asked again once the victims
	// are in the ledger.
	Decide(others []Order) []events.GuardDecision
	// Kept is what the kind wants to find in the order later.
	Kept() json.RawMessage
	// Follow begins to watch, and returns when nothing that happens from then on is
	// seen late. ctx bounds the beginning; the watch goes on until Close. Errors:
	// ErrForbidden.
	Follow(ctx context.Context) (Follower, error)
}

// Follower sees what becomes of the victims of one fault. One goroutine uses it.
type Follower interface {
	// Update gives it the order as it stands: before the first Next, and whenever the
	// order was changed.
	Update(o Order)
	// Next waits until marks are due and returns them. Those that are due already, such
	// as what Resume missed, it returns even when ctx has ended; then it does not wait.
	// Errors: that of ctx, or anything else when nothing more will be seen.
	Next(ctx context.Context) ([]Mark, error)
	// Standing says how each victim that was hit stands, by what Next has seen.
	Standing() []Standing
	// Close ends the watch and waits for it.
	Close()
}
