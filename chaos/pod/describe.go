package pod

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// describe is the description of a removal. sent is its first mark.
func describe(name, summary string, sent events.FaultMark, guards []events.GuardInfo, own ...events.Permission) chaos.Description {
	return chaos.Description{FaultKind: events.FaultKind{
		Name: name, Summary: summary, Victims: "pods", Duration: events.DurationNone,
		Revert: "the owner replaces the pods; a victim that is still terminating is reported as residue",
		Params: graceParams().Schema(), Marks: marks(sent), Guards: guards, Needs: needs(own...),
	}}
}

// marks are those of a removal in the order in which they are due.
func marks(sent events.FaultMark) []events.FaultMark {
	sent.Role = events.RoleSent
	return []events.FaultMark{
		sent,
		{Name: events.MarkVictimGone, Role: events.RoleEffect, Label: "Victim gone"},
		{Name: events.MarkReplacementScheduled, Label: "Replacement scheduled"},
		{Name: events.MarkReplacementStarted, Label: "Replacement started"},
		{Name: events.MarkReplacementReady, Role: events.RoleHealed, Label: "Replacement Ready"},
	}
}

// kept is what a removal finds again in the ledger.
type kept struct {
	// Known are the UIDs of the owners' pods before the fault; Owners are those of the
	// victims, by the victim's UID.
	Known  []string       `json:"known"`
	Owners map[string]Ref `json:"owners"`
}

// keptBy lists the pods that the victims' owners have before the fault.
func keptBy(a aim) kept {
	k := kept{Known: []string{}, Owners: make(map[string]Ref)}
	for _, p := range a.pods {
		k.Owners[p.UID] = p.Owner
	}
	owners := ownersOf(a.pods)
	for _, p := range a.seen.Pods {
		if slices.ContainsFunc(owners, func(o Ref) bool { return o.UID == p.Owner.UID }) {
			k.Known = append(k.Known, p.UID)
		}
	}
	return k
}

// keptOf reads what was kept. Errors: chaos.ErrGone.
func keptOf(o chaos.Order) (kept, error) {
	var k kept
	if err := json.Unmarshal(o.Kept, &k); err != nil {
		return k, fmt.Errorf("the list of the pods from before the fault: %w", chaos.ErrGone)
	}
	return k, nil
}
