package chaos

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// Catalogue is what people and other services may know of the kinds of faults and
// of the guards. It is pure, so that commands without a server give the same
// answer as the call.
func Catalogue(kinds []Kind) events.FaultKinds {
	var all events.FaultKinds
	for _, k := range kinds {
		all.Kinds = append(all.Kinds, k.Describe().FaultKind)
	}
	slices.SortFunc(all.Kinds, func(a, b events.FaultKind) int { return strings.Compare(a.Name, b.Name) })
	all.Guards = GuardInfos(Guards())
	return all
}

// byName is the table of kinds. Two of one name are an error.
func byName(kinds []Kind) (map[string]Kind, error) {
	table := make(map[string]Kind, len(kinds))
	for _, k := range kinds {
		name := k.Describe().Name
		if _, twice := table[name]; twice {
			return nil, fmt.Errorf("two kinds of faults are called %q", name)
		}
		table[name] = k
	}
	return table, nil
}

// markOf is the mark of that role; the zero value when the kind has none.
func markOf(kind events.FaultKind, role events.Role) events.FaultMark {
	for _, m := range kind.Marks {
		if m.Role == role {
			return m
		}
	}
	return events.FaultMark{}
}

// marked is a mark as events speak of it, with the role and the label that the
// kind gives its name.
func marked(e Entry, kind events.FaultKind, m Mark) events.RecoveryMarked {
	event := events.RecoveryMarked{
		Fault: e.Fault, Run: e.Request.Run, Victim: m.Victim, Mark: m.Name,
		Object: m.Object, Node: m.Node, At: m.At, Since: m.Since, Sent: m.Sent,
	}
	event.Role, event.Label = meaning(kind, m.Name)
	return event
}

// meaning is what the kind says of a mark.
func meaning(kind events.FaultKind, mark string) (role events.Role, label string) {
	for _, known := range kind.Marks {
		if known.Name == mark {
			return known.Role, known.Label
		}
	}
	return "", ""
}
