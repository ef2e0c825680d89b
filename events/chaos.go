package events

import "time"

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
	// GracePeriod overrides the pods' own; nil keeps it. Whole seconds.
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

// Victim is a pod that was chosen.
type Victim struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
	// Owner is "Deployment/api"; Node is where it ran.
	Owner string `json:"owner,omitempty"`
	Node  string `json:"node,omitempty"`
}

// GuardDecision is what one guard said, with the values that it saw.
type GuardDecision struct {
	Guard   string `json:"guard"`
	Allowed bool   `json:"allowed"`
	Seen    string `json:"seen"`
	// Advice is what to do about a refusal.
	Advice string `json:"hint,omitempty"`
}

// FaultInjected says that every victim's kill was accepted by the API server.
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

// The marks of a recovery, in the order in which they are due.
const (
	MarkKillAccepted         = "kill-accepted"
	MarkVictimGone           = "victim-gone"
	MarkReplacementScheduled = "replacement-scheduled"
	MarkReplacementStarted   = "replacement-started"
	MarkReplacementReady     = "replacement-ready"
)

// RecoveryMarked is one point of a recovery, as the API server's watch showed it.
type RecoveryMarked struct {
	Fault string `json:"fault"`
	Run   string `json:"run"`
	// Victim is the UID of the pod that was killed.
	Victim string `json:"victim"`
	Mark   string `json:"mark"`
	// Object is the pod that the mark is about; Node is where it is.
	Object string    `json:"object"`
	Node   string    `json:"node,omitempty"`
	At     time.Time `json:"at"`
	// Since is set when the mark was found after a gap in the watch: the true time
	// lies between Since and At.
	Since time.Time `json:"since,omitzero"`
}

// FaultReverted says that the fault's ledger entry is closed: nothing of it is in
// effect any more, and whether the target healed within the budget.
type FaultReverted struct {
	Fault     string    `json:"fault"`
	Run       string    `json:"run"`
	Recovered bool      `json:"recovered"`
	Reason    string    `json:"reason,omitempty"`
	Residue   []string  `json:"residue,omitempty"`
	At        time.Time `json:"at"`
}

// FaultRevert asks chaos to end a fault now.
type FaultRevert struct {
	Fault  string `json:"fault"`
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
}

// LedgerEntry is what others may know of a ledger entry.
type LedgerEntry struct {
	Fault     string    `json:"fault"`
	Run       string    `json:"run"`
	Kind      string    `json:"kind"`
	Namespace string    `json:"namespace"`
	State     string    `json:"state"`
	Victims   []Victim  `json:"victims,omitempty"`
	Opened    time.Time `json:"opened"`
	Closed    time.Time `json:"closed,omitzero"`
	Note      string    `json:"note,omitempty"`
}

// LedgerQuery asks for ledger entries; Open leaves out the closed ones.
type LedgerQuery struct {
	Open bool `json:"open,omitempty"`
}

// LedgerAnswer lists ledger entries, oldest first.
type LedgerAnswer struct {
	Entries []LedgerEntry `json:"entries"`
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
)
