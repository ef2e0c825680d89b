package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Errors that kinds of faults have in common, matched with errors.Is. To try again
// would not help.
var (
	// ErrGone says that the target, or a victim, is not there any more.
	ErrGone = errors.New("it is gone already")
	// ErrForbidden says that the server which would have to do it refuses the call.
	ErrForbidden = errors.New("the API server refuses it")
	// ErrNoTarget says that the target cannot be met: nothing matches, or less than
	// was asked for. The message says what was seen.
	ErrNoTarget = errors.New("no target")
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
	// Inject hits one victim and returns when that was accepted. It hits exactly the
	// ID of the victim, never a later one of its name. Errors: *Refusal when the
	// victim may not be hit now, an error of Untouched when it was surely not hit, or
	// anything else when that is not known.
	Inject(ctx context.Context, o Order, v events.Victim) error
	// Effect looks what became of an Inject whose answer is not known: whether the
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

// Scope is a place that lets faults in or does not, such as a namespace.
type Scope struct {
	// Kind is what it is, for people: "namespace".
	Kind, Name string
	// Labels are its labels or tags. Unread says why they are not known.
	Labels map[string]string
	Unread string
	// Closing says that it is being deleted.
	Closing bool
	// Allow says how somebody lets faults in.
	Allow string
}

// Order is one fault as the ledger remembers it.
type Order struct {
	Request events.FaultInject
	Victims []Victim
	Marks   []events.RecoveryMarked
	Seed    uint64
	Kept    json.RawMessage
	// Reverted is when the effect was ended at the end of its duration.
	Reverted time.Time
}

// Hit are the victims whose injection was accepted.
func (o Order) Hit() []events.Victim {
	var hit []events.Victim
	for _, v := range o.Victims {
		if v.Hit {
			hit = append(hit, v.Victim)
		}
	}
	return hit
}

// Victim is a victim with what became of its injection.
type Victim struct {
	events.Victim
	// Locks name what it may not share with a victim of another open fault: itself,
	// and what it is part of.
	Locks []string `json:"locks,omitempty"`
	// Sent is when its injection was about to be sent; zero when it never was.
	Sent time.Time `json:"sent,omitzero"`
	// Hit says that it was accepted; Problem says why not, and Answered that it is
	// known that the victim was not touched.
	Hit      bool   `json:"hit,omitempty"`
	Problem  string `json:"problem,omitempty"`
	Answered bool   `json:"answered,omitempty"`
	// Unknown says that nobody could find out whether it was hit.
	Unknown bool `json:"unknown,omitempty"`
}

// unanswered says that it is not known yet whether the victim was hit.
func (v Victim) unanswered() bool { return !v.Sent.IsZero() && !v.Hit && !v.Answered && !v.Unknown }

// Mark is a point on the way of a victim, under one of the names that the kind
// describes.
type Mark struct {
	Victim, Name string
	// Object is what the mark is about, Node where that is.
	Object, Node string
	// At is when it was seen. Since is set when that was after a gap: the true time lies
	// between the two.
	At, Since time.Time
}

// Standing is how a victim stands.
type Standing struct {
	Victim string
	// Effect says why the fault was not seen in effect on it; "" when it was.
	Effect string
	// Healed says what is still broken; "" when nothing is.
	Healed string
	// Final says that what is broken will stay so.
	Final bool
}

// Refusal is the answer of a server that does not allow an injection now. The
// victim was not touched.
type Refusal struct {
	// Guard is the guard that the server is asked in place of.
	Guard, Seen, Advice string
}

// Error is what the server said.
func (r *Refusal) Error() string { return r.Seen }

// Untouched marks an error of Inject as an answer: the victim was not hit.
func Untouched(err error) error { return untouched{err} }

type untouched struct{ error }

// Unwrap is the error that was marked.
func (u untouched) Unwrap() error { return u.error }

// IsUntouched says whether the error of an Inject tells that the victim was not hit.
func IsUntouched(err error) bool {
	var u untouched
	var r *Refusal
	return errors.As(err, &u) || errors.As(err, &r)
}
