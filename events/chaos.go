package events

import (
	"encoding/json"
	"time"
)

// FaultInject asks chaos for one fault. The same Fault id is injected once,
// however often it is asked for.
type FaultInject struct {
	// Fault is the id of this injection; Run is the run it belongs to.
	Fault      string `json:"fault"`
	Run        string `json:"run"`
	Experiment string `json:"experiment,omitempty"`
	// Kind is the name of the fault, such as "pod-kill".
	Kind        string      `json:"kind"`
	Environment string      `json:"environment,omitempty"`
	Namespace   string      `json:"namespace"`
	Target      FaultTarget `json:"target"`
	// Params are the parameters of the kind, an object as the schema of the kind says
	// (FaultKindsCall); nothing means that all have their usual value.
	Params json.RawMessage `json:"params,omitempty"`
	// Duration is how long the fault stays in effect before it is reverted, for kinds
	// that take one.
	Duration Duration `json:"duration,omitzero"`
	// GracePeriod is the parameter gracePeriod for those who send no Params.
	GracePeriod *Duration `json:"gracePeriod,omitempty"`
	// Seed makes the choice of victims repeatable; 0 lets chaos draw one.
	Seed uint64 `json:"seed,omitempty"`
	// AllowOutage lets the fault take the last ready replica.
	AllowOutage bool `json:"allowOutage,omitempty"`
	// Budget is how long the recovery is watched before the fault is closed.
	Budget Duration `json:"budget"`
	// Deadline is when the request is no longer wanted: a fault asked for and not
	// injected by then is refused.
	Deadline time.Time `json:"deadline,omitzero"`
}

// FaultTarget says what may be hit and how much of it.
type FaultTarget struct {
	// Labels is a Kubernetes label selector.
	Labels string `json:"labels"`
	// Count of the selected pods, or Percent of them; neither means one.
	Count   int `json:"count,omitempty"`
	Percent int `json:"percent,omitempty"`
	// PerOwner bounds the victims of one owner (Deployment, StatefulSet ...); 0 means 1,
	// unless Count or Percent ask for more of a single owner and PerOwner says so.
	PerOwner int `json:"perOwner,omitempty"`
}

// Victim is something that was chosen to be hit.
type Victim struct {
	// Kind is what it is, such as "pod"; ID tells it from every other of its kind, also
	// from a later one of its name.
	Kind string `json:"kind,omitempty"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	// Where says for people where it is: "namespace shop, node worker-1".
	Where string `json:"where,omitempty"`
	// Namespace, UID, Owner ("Deployment/api") and Node (where it ran) are set for pods. Of
	// a container UID is that of its pod; of an owner Owner is itself.
	Namespace string `json:"namespace,omitempty"`
	UID       string `json:"uid,omitempty"`
	Owner     string `json:"owner,omitempty"`
	Node      string `json:"node,omitempty"`
}

// GuardDecision is what one guard said, with the values that it saw.
type GuardDecision struct {
	Guard   string `json:"guard"`
	Allowed bool   `json:"allowed"`
	Seen    string `json:"seen"`
	// Advice is what to do about a refusal.
	Advice string `json:"hint,omitempty"`
}

// GuardStop is the guard of the emergency stop. It is named here because experiments ask
// for the stop, too, before they ask for a fault.
const GuardStop = "stop-released"

// FaultInjected says that the injection was accepted for every victim. Whether it is
// in effect on them is said by marks with RoleEffect.
type FaultInjected struct {
	Fault     string          `json:"fault"`
	Run       string          `json:"run"`
	Kind      string          `json:"kind"`
	Victims   []Victim        `json:"victims"`
	Decisions []GuardDecision `json:"decisions"`
	Seed      uint64          `json:"seed"`
	At        time.Time       `json:"at"`
}

// FaultRefused says that a guard, or the emergency stop, refused. Nothing was touched.
type FaultRefused struct {
	Fault     string          `json:"fault"`
	Run       string          `json:"run"`
	Reason    string          `json:"reason"`
	Advice    string          `json:"hint,omitempty"`
	Decisions []GuardDecision `json:"decisions"`
}

// FaultFailed says that the fault could not be brought into effect, wholly or in
// part: no target, an API error, a victim that was already going. A run that sees
// it is inconclusive. What was hit is in Victims and is being watched and reverted.
type FaultFailed struct {
	Fault     string          `json:"fault"`
	Run       string          `json:"run"`
	Reason    string          `json:"reason"`
	Victims   []Victim        `json:"victims,omitempty"`
	Decisions []GuardDecision `json:"decisions,omitempty"`
	Seed      uint64          `json:"seed,omitempty"`
}

// The marks of a recovery of pods, in the order in which they are due. Which mark
// means what is said by its role, not by its name.
const (
	MarkKillAccepted         = "kill-accepted"
	MarkVictimGone           = "victim-gone"
	MarkReplacementScheduled = "replacement-scheduled"
	MarkReplacementStarted   = "replacement-started"
	MarkReplacementReady     = "replacement-ready"
)

// Role is what a mark proves of its victim, whatever its kind of fault calls it.
type Role string

// The roles of marks. A mark without a role is of interest to people only.
const (
	// RoleSent: the injection was accepted.
	RoleSent Role = "sent"
	// RoleEffect: the fault was seen in effect on the victim.
	RoleEffect Role = "effect"
	// RoleHealed: what the fault broke is whole again.
	RoleHealed Role = "healed"
)

// RecoveryMarked is one point on the way of a victim, from the injection until it
// is healed, at the time at which chaos saw it.
type RecoveryMarked struct {
	Fault string `json:"fault"`
	Run   string `json:"run"`
	// Victim is the ID of the victim.
	Victim string `json:"victim"`
	// Mark is a name that the kind of fault gives; Label is it in words for reports.
	Mark  string `json:"mark"`
	Role  Role   `json:"role,omitempty"`
	Label string `json:"label,omitempty"`
	// Object is what the mark is about, such as the pod that replaces the victim; Node
	// is where it is.
	Object string    `json:"object"`
	Node   string    `json:"node,omitempty"`
	At     time.Time `json:"at"`
	// Since is set when the mark was found after a gap in the watch: the true time
	// lies between Since and At.
	Since time.Time `json:"since,omitzero"`
	// Sent is when the injection was about to be sent, for a mark with RoleSent: the fault
	// came into effect after Sent, and maybe before At.
	Sent time.Time `json:"sent,omitzero"`
}

// FaultReverted says that the fault's ledger entry is closed: nothing of it is in
// effect any more, and whether the target healed within the budget. It is the last
// fact about a fault. A refused fault ends with FaultRefused, unless somebody asked
// for its end: every FaultRevert is followed by a FaultReverted.
type FaultReverted struct {
	Fault     string    `json:"fault"`
	Run       string    `json:"run"`
	Recovered bool      `json:"recovered"`
	Reason    string    `json:"reason,omitempty"`
	Residue   []string  `json:"residue,omitempty"`
	At        time.Time `json:"at"`
}

// FaultRevert asks chaos to end a fault now. A fault that chaos has not heard of is
// refused when it comes.
type FaultRevert struct {
	Fault string `json:"fault"`
	// Run is the run of the fault; without it the event's correlation is.
	Run    string `json:"run,omitempty"`
	Reason string `json:"reason"`
}

// StopEngaged says that the emergency stop was pulled: all runs abort, all faults
// are reverted, nothing starts until it is released.
type StopEngaged struct {
	Reason string    `json:"reason"`
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at"`
}

// StopReleased says that faults may be injected again.
type StopReleased struct {
	By string    `json:"by,omitempty"`
	At time.Time `json:"at"`
}

// StopRequest pulls the emergency stop.
type StopRequest struct {
	Reason string `json:"reason"`
	By     string `json:"by,omitempty"`
}

// StopState is the emergency stop as it stands, and the faults it ended.
type StopState struct {
	Engaged  bool      `json:"engaged"`
	Reason   string    `json:"reason,omitempty"`
	By       string    `json:"by,omitempty"`
	Since    time.Time `json:"since,omitzero"`
	Reverted []string  `json:"reverted,omitempty"`
	// Open are the faults that are not reverted yet.
	Open []string `json:"open,omitempty"`
	// Problem names entries of the ledger that cannot be read. Open has the others only.
	Problem string `json:"problem,omitempty"`
}

// LedgerEntry is what others may know of a ledger entry.
type LedgerEntry struct {
	Fault     string `json:"fault"`
	Run       string `json:"run"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	State     string `json:"state"`
	// Victims are the first of them, VictimCount is how many there are; 0 means that
	// Victims are all.
	Victims     []Victim  `json:"victims,omitempty"`
	VictimCount int       `json:"victimCount,omitempty"`
	Opened      time.Time `json:"opened"`
	Closed      time.Time `json:"closed,omitzero"`
	Note        string    `json:"note,omitempty"`
}

// LedgerQuery asks for ledger entries; Open leaves out the closed ones.
type LedgerQuery struct {
	Open bool `json:"open,omitempty"`
}

// LedgerAnswer lists ledger entries, oldest first.
type LedgerAnswer struct {
	Entries []LedgerEntry `json:"entries"`
	// Problem names entries that cannot be read. Entries has the others only.
	Problem string `json:"problem,omitempty"`
}

// How a kind of fault takes a duration.
const (
	// DurationNone: the fault is over at once, or lasts until something heals it.
	DurationNone = "none"
	// DurationOptional: without one the kind has its own.
	DurationOptional = "optional"
	// DurationRequired: a fault that nobody reverts would last.
	DurationRequired = "required"
)

// FaultKind is what people and other services may know of one kind of fault.
type FaultKind struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	// Revert says how the fault ends.
	Revert string `json:"revert"`
	// Victims is what is hit, in the plural: "pods".
	Victims string `json:"victims"`
	// Duration is one of DurationNone, DurationOptional and DurationRequired.
	Duration string `json:"duration"`
	// Params is the JSON Schema of FaultInject.Params.
	Params json.RawMessage `json:"params"`
	// Marks are the points of a recovery in the order in which they are due.
	Marks []FaultMark `json:"marks"`
	// Guards are asked beside those that every kind has.
	Guards []GuardInfo `json:"guards"`
	// Needs are what the server must be allowed to do for it.
	Needs []Permission `json:"needs,omitempty"`
}

// FaultMark is a mark that a kind of fault makes for each victim.
type FaultMark struct {
	Name  string `json:"name"`
	Role  Role   `json:"role,omitempty"`
	Label string `json:"label"`
}

// GuardInfo is a question that must be answered with yes before a fault is injected.
type GuardInfo struct {
	Name     string `json:"name"`
	Question string `json:"question"`
}

// FaultKinds are the kinds of faults by name, and the guards that all of them have.
type FaultKinds struct {
	Kinds  []FaultKind `json:"kinds"`
	Guards []GuardInfo `json:"guards"`
}

// Topics and calls of chaos.
var (
	FaultInjectTopic    = define("v1.chaos.fault.inject", func(e FaultInject) string { return e.Fault })
	FaultRevertTopic    = define("v1.chaos.fault.revert", func(e FaultRevert) string { return e.Fault })
	FaultInjectedTopic  = define("v1.chaos.fault.injected", func(e FaultInjected) string { return e.Fault })
	FaultRefusedTopic   = define("v1.chaos.fault.refused", func(e FaultRefused) string { return e.Fault })
	FaultFailedTopic    = define("v1.chaos.fault.failed", func(e FaultFailed) string { return e.Fault })
	FaultRevertedTopic  = define("v1.chaos.fault.reverted", func(e FaultReverted) string { return e.Fault })
	RecoveryMarkedTopic = define("v1.chaos.recovery.marked", func(e RecoveryMarked) string { return e.Fault })
	StopEngagedTopic    = define("v1.chaos.stop.engaged", func(StopEngaged) string { return "all" })
	StopReleasedTopic   = define("v1.chaos.stop.released", func(StopReleased) string { return "all" })

	StopCall       = ask[StopRequest, StopState]("v1.chaos.stop.engage")
	ResumeCall     = ask[StopRequest, StopState]("v1.chaos.stop.release")
	StopStateCall  = ask[Nothing, StopState]("v1.chaos.stop.show")
	LedgerListCall = ask[LedgerQuery, LedgerAnswer]("v1.chaos.ledger.list")
	FaultKindsCall = ask[Nothing, FaultKinds]("v1.chaos.fault.kinds")
	// FaultPlanCall says what a fault would do. Errors: *Error of KindInvalid for a request
	// that no server would take.
	FaultPlanCall = ask[FaultInject, FaultPlan]("v1.chaos.fault.plan")

	EnvironmentArmedTopic    = define("v1.chaos.environment.armed", func(e Arm) string { return e.Environment })
	EnvironmentDisarmedTopic = define("v1.chaos.environment.disarmed", func(e EnvironmentDisarmed) string { return e.Environment })

	// ArmCall arms a protected environment. Errors: *Error of KindInvalid.
	ArmCall = ask[ArmRequest, Arm]("v1.chaos.environment.arm")
	// DisarmCall ends that. Errors: *Error of KindNotFound when it was not armed.
	DisarmCall  = ask[DisarmRequest, Arm]("v1.chaos.environment.disarm")
	ArmListCall = ask[Nothing, Arms]("v1.chaos.environment.arms")
)
