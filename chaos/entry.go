package chaos

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Entry is an open fault in the ledger: enough for any replica to end it.
type Entry struct {
	Fault   string             `json:"fault"`
	Request events.FaultInject `json:"request"`
	State   State              `json:"state"`
	// CalledOff says that its end was asked for before the fault itself.
	CalledOff bool `json:"calledOff,omitempty"`
	// Seed is the one that chose the victims, drawn when the request had none.
	Seed      uint64                 `json:"seed,omitempty"`
	Decisions []events.GuardDecision `json:"decisions,omitempty"`
	Victims   []Victim               `json:"victims,omitempty"`
	// Kept is what the kind of fault wants to find again.
	Kept  json.RawMessage         `json:"kept,omitempty"`
	Undo  []string                `json:"undo,omitempty"`
	Marks []events.RecoveryMarked `json:"marks,omitempty"`
	// EndAsked is why somebody wants the fault to end now.
	EndAsked string `json:"endAsked,omitempty"`
	// Failed is why the injection failed, if it did.
	Failed   string    `json:"failed,omitempty"`
	Outcome  string    `json:"outcome,omitempty"`
	Residue  []string  `json:"residue,omitempty"`
	Note     string    `json:"note,omitempty"`
	Opened   time.Time `json:"opened"`
	Injected time.Time `json:"injected,omitzero"`
	// Reverted is when the effect was ended because its duration was over.
	Reverted time.Time `json:"reverted,omitzero"`
	// Left is what was still there of it then.
	Left []string `json:"left,omitempty"`
	// Announced says that the end was published, or is about to be.
	Announced bool `json:"announced,omitempty"`
}

// shares says whether a victim of the entry has a lock in common with these.
func (e Entry) shares(victims []Victim) bool {
	held := make(map[string]bool)
	for _, v := range e.Victims {
		for _, lock := range v.Locks {
			held[lock] = true
		}
	}
	return slices.ContainsFunc(victims, func(v Victim) bool {
		return slices.ContainsFunc(v.Locks, func(lock string) bool { return held[lock] })
	})
}

// chosen are all victims as events speak of them.
func (e Entry) chosen() []events.Victim {
	all := make([]events.Victim, 0, len(e.Victims))
	for _, v := range e.Victims {
		all = append(all, v.Victim)
	}
	return all
}

// hit are the victims whose injection was accepted.
func (e Entry) hit() []events.Victim { return e.order().Hit() }

// victim is the i-th victim to change, in a copy of the list: others may be reading
// the entry as it was.
func (e *Entry) victim(i int) *Victim {
	e.Victims = slices.Clone(e.Victims)
	return &e.Victims[i]
}

// untouched says that nothing was sent that could have hit a victim.
func (e Entry) untouched() bool {
	return !slices.ContainsFunc(e.Victims, func(v Victim) bool { return !v.Sent.IsZero() && !v.Answered })
}

// order is what a kind of fault needs to know of the entry.
func (e Entry) order() Order {
	return Order{
		Request: e.Request, Victims: e.Victims, Marks: e.Marks, Seed: e.Seed, Kept: e.Kept, Reverted: e.Reverted, Left: e.Left,
	}
}

// leaveUnknown notes that nobody will find out what became of the injections whose
// answer is not known.
func (e *Entry) leaveUnknown(problem error) {
	for i, v := range e.Victims {
		if v.unanswered() {
			changed := e.victim(i)
			changed.Unknown, changed.Problem = true, cmp.Or(v.Problem, problem.Error())
		}
	}
}

// unknown counts the victims of which it will not be known whether they were hit.
func (e Entry) unknown() int {
	n := 0
	for _, v := range e.Victims {
		if v.Unknown {
			n++
		}
	}
	return n
}

// toRevert is the order with all victims as hit that may have been.
func (e Entry) toRevert() Order {
	o := e.order()
	o.Victims = slices.Clone(o.Victims)
	for i, v := range o.Victims {
		o.Victims[i].Hit = v.Hit || v.Unknown || e.State == StateInjecting && v.unanswered()
	}
	return o
}

// ordersBut are the orders of all open faults but that one.
func ordersBut(fault string, entries []Entry) []Order {
	var orders []Order
	for _, e := range entries {
		if e.Fault != fault {
			orders = append(orders, e.order())
		}
	}
	return orders
}
