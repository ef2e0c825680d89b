package chaos

// State is how far a fault has come. A state is written before its first effect.
type State string

// The states of a ledger entry, in order.
const (
	// StatePlanned: asked for; nothing was touched.
	StatePlanned State = "planned"
	// StateInjecting: victims and undo are decided; from here on injections are sent.
	StateInjecting State = "injecting"
	// StateInjected: no more injections will be sent.
	StateInjected State = "injected"
	// StateRecovering: the outcome of the injection was published; the victims are
	// watched.
	StateRecovering State = "recovering"
	// StateClosed: nothing of the fault is in effect. The ledger holds no such entry;
	// its summary is remembered.
	StateClosed State = "closed"
)

// The outcomes of a fault.
const (
	// OutcomeRefused: a guard or the emergency stop refused; nothing was touched.
	OutcomeRefused = "refused"
	// OutcomeFailed: the fault came into effect in part or not at all.
	OutcomeFailed = "failed"
	// OutcomeRecovered: all victims were healed within the budget.
	OutcomeRecovered = "recovered"
	// OutcomeNotRecovered: they were not.
	OutcomeNotRecovered = "not-recovered"
	// OutcomeEnded: the fault was ended early, so that the recovery is not known.
	OutcomeEnded = "ended-early"
)
