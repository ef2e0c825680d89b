package chaos

import (
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// The names of the guards of the engine. Kinds of faults have guards of their own.
const (
	GuardStop       = events.GuardStop
	GuardFresh      = "fresh-request"
	GuardOptIn      = "opt-in"
	GuardOwnership  = "owned-or-allowed-namespace"
	GuardArmed      = "armed-if-protected"
	GuardNoOtherRun = "no-other-run"
)

// Evidence is all that a guard may decide by.
type Evidence struct {
	Request events.FaultInject
	// Scopes are the places that the fault reaches into.
	Scopes []Scope
	// Victims are those about to be hit.
	Victims []Victim
	// Stop is the emergency stop as it stands.
	Stop events.StopState
	// Others are the open ledger entries of other faults.
	Others []Entry
	// Unread names those that cannot be read.
	Unread string
	// Installation is ours: what names another one is not.
	Installation string
	// Arms are the protected environments that let faults in for a time.
	Arms []events.Arm
	// Allowed are the namespaces that the operator lets in besides our own.
	Allowed []string
	Now     time.Time
}

// Guard is one question that must be answered with yes before anything is
// touched, by evidence E: that of the engine, or of a kind of faults. Decide is
// pure, and says no when it cannot tell.
type Guard[E any] struct {
	Name string
	// Question is what it asks, for people.
	Question string
	Decide   func(E) events.GuardDecision
}

// GuardInfos are the guards for people.
func GuardInfos[E any](guards []Guard[E]) []events.GuardInfo {
	list := make([]events.GuardInfo, 0, len(guards))
	for _, g := range guards {
		list = append(list, events.GuardInfo{Name: g.Name, Question: g.Question})
	}
	return list
}

// DecideAll asks all guards. It records all answers, not only the first refusal.
func DecideAll[E any](guards []Guard[E], e E) []events.GuardDecision {
	decisions := make([]events.GuardDecision, 0, len(guards))
	for _, g := range guards {
		d := g.Decide(e)
		d.Guard = g.Name
		decisions = append(decisions, d)
	}
	return decisions
}

// Guards are those that every fault must pass, whatever its kind, in the order in
// which their decisions are recorded.
func Guards() []Guard[Evidence] {
	return []Guard[Evidence]{
		{GuardStop, "is the emergency stop released?", stopReleased},
		{GuardFresh, "is the request still wanted (its deadline has not passed)?", freshRequest},
		{GuardOptIn, "does what it reaches into carry the label " + events.LabelChaos + "=" + events.ChaosAllowed + ", or does the operator let faults in?", optIn},
		{GuardOwnership, "is the namespace that it reaches into one of ours, or on the operator's list?", ownedOrAllowed},
		{GuardArmed, "is the namespace not protected, or armed (chaos arm)?", armedIfProtected},
		{GuardNoOtherRun, "is no other fault open on the same target?", noOtherRun},
	}
}

// decide asks the guards of the engine. Without victims nothing can be shared with
// another fault.
func decide(e Evidence) []events.GuardDecision {
	asked := Guards()
	if len(e.Victims) == 0 {
		asked = slices.DeleteFunc(asked, func(g Guard[Evidence]) bool { return g.Name == GuardNoOtherRun })
	}
	return DecideAll(asked, e)
}

// refusals are the decisions that say no.
func refusals(all []events.GuardDecision) []events.GuardDecision {
	return slices.DeleteFunc(slices.Clone(all), func(d events.GuardDecision) bool { return d.Allowed })
}

// Yes is the decision of a guard that allows the fault, with what it saw.
func Yes(format string, args ...any) events.GuardDecision {
	return events.GuardDecision{Allowed: true, Seen: fmt.Sprintf(format, args...)}
}

// No is the decision of a guard that refuses, with what to do about it and what it
// saw.
func No(advice, format string, args ...any) events.GuardDecision {
	return events.GuardDecision{Seen: fmt.Sprintf(format, args...), Advice: advice}
}

func stopReleased(e Evidence) events.GuardDecision {
	if e.Stop.Engaged {
		return No("shakedown chaos resume", "the emergency stop is engaged since %s: %s",
			e.Stop.Since.UTC().Format(time.RFC3339), e.Stop.Reason)
	}
	return Yes("the emergency stop is released")
}

// stopped is the refusal of an engaged stop; nil when it is released.
func stopped(s events.StopState) error {
	d := stopReleased(Evidence{Stop: s})
	if d.Allowed {
		return nil
	}
	return &Refusal{Guard: GuardStop, Seen: d.Seen, Advice: d.Advice}
}

func freshRequest(e Evidence) events.GuardDecision {
	deadline := e.Request.Deadline
	switch {
	case deadline.IsZero():
		return Yes("the request has no deadline")
	case !e.Now.Before(deadline):
		return No("start the run again", "the request was wanted until %s, and it is %s",
			deadline.UTC().Format(time.RFC3339Nano), e.Now.UTC().Format(time.RFC3339Nano))
	}
	return Yes("the request is wanted until %s", deadline.UTC().Format(time.RFC3339))
}

// expired is the refusal of a request that is not wanted any more; nil while it is.
func expired(r events.FaultInject, now time.Time) error {
	d := freshRequest(Evidence{Request: r, Now: now})
	if d.Allowed {
		return nil
	}
	return &Refusal{Guard: GuardFresh, Seen: d.Seen, Advice: d.Advice}
}

func noOtherRun(e Evidence) events.GuardDecision {
	for _, other := range e.Others {
		if other.Fault != e.Request.Fault && other.shares(e.Victims) {
			return No("wait until it is closed: shakedown chaos ledger",
				"fault %s of run %s is %s on the same target%s", other.Fault, other.Request.Run, other.State, inNamespace(e.Request))
		}
	}
	if e.Unread != "" {
		return No("shakedown chaos ledger --open", "the ledger cannot be read whole: %s", e.Unread)
	}
	return Yes("no other fault is open on the target")
}

func inNamespace(r events.FaultInject) string {
	if r.Namespace == "" {
		return ""
	}
	return " in namespace " + r.Namespace
}
