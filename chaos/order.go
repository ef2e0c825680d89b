package chaos

import (
	"encoding/json"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

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
	// Granted says by what the operator of the server lets faults in, whatever the labels
	// say; "" for by nothing.
	Granted string
	// Shared says that it is nobody's by its nature, so that only its consent counts.
	Shared bool
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
	// Left is what Revert returned then. It is asked again when the fault is closed, and
	// repeats what will not go away by itself.
	Left []string
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
	// Takes name what goes with it, in the words of Locks: the pods of a node, or of a
	// Deployment. What guards sum over open faults counts them.
	Takes []string `json:"takes,omitempty"`
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
	// between the two. Sent is when what the mark accepts was about to be sent.
	At, Since, Sent time.Time
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
