package chaos

import (
	"fmt"
	"strings"
)

// ending is how a fault ended.
type ending struct{ outcome, reason string }

// shutDown is the end of a fault whose server is stopped.
func shutDown() ending {
	return ending{OutcomeEnded, "the server was shut down before the recovery was seen"}
}

// nobodyHit is the end of a fault of which no victim is known to be hit.
func nobodyHit(e Entry) ending {
	if e.unknown() > 0 {
		return ending{OutcomeFailed, "it is not known which victims were hit, and all that may have been were reverted"}
	}
	return ending{OutcomeFailed, "no victim was hit, so nothing had to recover"}
}

// over says whether the fault has come to its end, and how.
func over(entry Entry, standing []Standing) (ending, bool) {
	healed := len(standing) > 0 && broken(standing) == ""
	switch {
	case entry.EndAsked != "" && !healed:
		return ending{OutcomeEnded, "ended early: " + entry.EndAsked + ": " + broken(standing)}, true
	case healed && inTime(entry):
		return ending{outcome: OutcomeRecovered}, true
	case healed:
		return ending{OutcomeNotRecovered, fmt.Sprintf("healed, but not surely within %s", entry.Request.Budget)}, true
	case final(standing):
		return ending{OutcomeNotRecovered, broken(standing)}, true
	}
	return ending{}, false
}

// broken says what is not healed of the victims.
func broken(standing []Standing) string {
	var parts []string
	for _, s := range standing {
		if s.Healed != "" {
			parts = append(parts, s.Healed)
		}
	}
	return strings.Join(parts, "; ")
}

// final says that something is broken and all of that will stay so.
func final(standing []Standing) bool {
	lost := false
	for _, s := range standing {
		if s.Healed != "" && !s.Final {
			return false
		}
		lost = lost || s.Healed != ""
	}
	return lost
}

// inTime says whether all marks were surely made within the budget.
func inTime(e Entry) bool {
	for _, m := range e.Marks {
		if m.At.After(e.budgetEnds()) {
			return false
		}
	}
	return true
}
