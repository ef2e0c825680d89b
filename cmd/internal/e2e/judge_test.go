//go:build real

package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// asked is a request with what became of it, as its events say.
type asked struct {
	id, name string
	at       time.Time
	// outcomes are when it ended.
	outcomes []time.Time
	// taken says that it was worked on; overtaken that it was not, since a later request for
	// its name came before it. Such a one is ignored, and has no outcome.
	taken, overtaken bool
}

// account is all that happened in the rounds.
type account struct {
	faults, requests []asked
	// ledger are the faults that chaos remembers.
	ledger  []events.LedgerEntry
	effects []effect
}

// note takes in the outcomes and the types of all events by the ids of requests.
func (a account) note(outcomes map[string][]time.Time, about map[string][]string) {
	for _, all := range [][]asked{a.faults, a.requests} {
		for i := range all {
			all[i].outcomes, all[i].taken = outcomes[all[i].id], len(about[all[i].id]) > 1
		}
	}
	for i, r := range a.requests {
		a.requests[i].overtaken = !r.taken && slices.ContainsFunc(a.requests[i+1:], func(later asked) bool {
			return later.name == r.name && len(later.outcomes) > 0
		})
	}
}

// open are the ids of what has no outcome yet.
func (a account) open() (ids []string) {
	for _, r := range slices.Concat(a.faults, a.requests) {
		if len(r.outcomes) == 0 && !r.overtaken {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// violations are what must not be: a request that was lost or had two outcomes, a second
// injection, and an effect that nobody had asked for, or whose request was over.
func (a account) violations() []string {
	found := append(ends("fault", a.faults), ends("request", a.requests)...)
	for _, f := range a.faults {
		if !slices.ContainsFunc(a.ledger, func(l events.LedgerEntry) bool { return l.Fault == f.id && l.State == "closed" }) {
			found = append(found, "fault "+f.id+" is not remembered as closed")
		}
	}
	for _, e := range a.effects {
		if e.pod == "" {
			found = append(found, a.changed(e)...)
		}
	}
	return append(found, a.killed()...)
}

// killed wants each pod to be the one victim of a fault that was open.
func (a account) killed() (found []string) {
	kills := map[string]int{}
	for _, e := range a.effects {
		if e.pod == "" {
			continue
		}
		fault, ok := a.fault(e)
		if !ok {
			found = append(found, fmt.Sprintf("pod %s/%s was killed for no fault", e.namespace, e.pod))
			continue
		}
		if kills[fault.Fault]++; kills[fault.Fault] > 1 {
			found = append(found, fmt.Sprintf("fault %s was injected %d times", fault.Fault, kills[fault.Fault]))
		}
		if e.at.After(fault.Closed) {
			found = append(found, fmt.Sprintf("fault %s killed %s after it was closed", fault.Fault, e.at.Sub(fault.Closed)))
		}
	}
	return found
}

// ends wants one outcome of each that was not overtaken.
func ends(what string, all []asked) (found []string) {
	for _, r := range all {
		if len(r.outcomes) != 1 && !r.overtaken {
			found = append(found, fmt.Sprintf("%s %s has %d outcomes", what, r.id, len(r.outcomes)))
		}
	}
	return found
}

// fault is the one whose victim the pod was: the last of those that were opened before, and
// of those one that was open still. Others may have drawn the same victim and hit nobody.
func (a account) fault(e effect) (last events.LedgerEntry, ok bool) {
	for _, l := range a.ledger {
		named := slices.ContainsFunc(l.Victims, func(v events.Victim) bool { return v.Namespace == e.namespace && v.Name == e.pod })
		if !named || l.Opened.After(e.at) {
			continue
		}
		open, before := !e.at.After(l.Closed), !e.at.After(last.Closed)
		if !ok || open && !before || open == before && l.Opened.After(last.Opened) {
			last, ok = l, true
		}
	}
	return last, ok
}

// changed wants the effect within the time of a request for its environment.
func (a account) changed(e effect) []string {
	var over time.Time
	for _, r := range a.requests {
		switch {
		case r.name != e.namespace || e.at.Before(r.at) || r.overtaken:
		case len(r.outcomes) == 0 || !e.at.After(r.outcomes[0]):
			return nil
		case r.outcomes[0].After(over):
			over = r.outcomes[0]
		}
	}
	switch {
	case e.namespace == "":
		return nil
	case over.IsZero():
		return []string{fmt.Sprintf("%s in %s, for which nobody has asked", e.method, e.namespace)}
	}
	return []string{fmt.Sprintf("%s in %s %s after its request was over", e.method, e.namespace, e.at.Sub(over))}
}

// TestViolationsAreSeen holds the judge of the rounds to what it must find.
func TestViolationsAreSeen(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(int64(seconds), 0) }
	good := func() account {
		return account{
			faults:   []asked{{id: "f", at: at(1), outcomes: []time.Time{at(9)}}},
			requests: []asked{{id: "r", name: "env", at: at(1), outcomes: []time.Time{at(9)}}},
			ledger:   []events.LedgerEntry{{Fault: "f", State: "closed", Closed: at(9), Victims: []events.Victim{{Namespace: "n", Name: "p"}}}},
			effects:  []effect{{method: "DELETE", namespace: "n", pod: "p", at: at(5)}, {method: "PATCH", namespace: "env", at: at(5)}},
		}
	}
	for name, tc := range map[string]struct {
		spoil func(*account)
		want  []string
	}{
		"nothing":          {func(*account) {}, nil},
		"late kill":        {func(a *account) { a.effects[0].at = at(10) }, []string{"fault f killed 1s after it was closed"}},
		"second injection": {func(a *account) { a.effects = append(a.effects, a.effects[0]) }, []string{"fault f was injected 2 times"}},
		"kill for nothing": {func(a *account) { a.effects[0].pod = "q" }, []string{"pod n/q was killed for no fault"}},
		"lost fault":       {func(a *account) { a.faults[0].outcomes = nil }, []string{"fault f has 0 outcomes"}},
		"forgotten fault":  {func(a *account) { a.faults[0].id = "g" }, []string{"fault g is not remembered as closed"}},
		"late change":      {func(a *account) { a.effects[1].at = at(11) }, []string{"PATCH in env 2s after its request was over"}},
		"lost request":     {func(a *account) { a.requests[0].outcomes = nil }, []string{"request r has 0 outcomes"}},
		"two outcomes":     {func(a *account) { a.requests[0].outcomes = []time.Time{at(9), at(9)} }, []string{"request r has 2 outcomes"}},
		"victim of a later fault": {func(a *account) {
			a.effects[0].at = at(11)
			a.ledger = append(a.ledger, events.LedgerEntry{Fault: "g", State: "closed", Opened: at(10), Closed: at(12), Victims: a.ledger[0].Victims})
		}, nil},
		"victim of one that was refused meanwhile": {func(a *account) {
			a.ledger = append(a.ledger, events.LedgerEntry{Fault: "g", State: "closed", Opened: at(3), Closed: at(4), Victims: a.ledger[0].Victims})
		}, nil},
		"late kill of the last of two": {func(a *account) {
			a.effects[0].at = at(10)
			a.ledger = append(a.ledger, events.LedgerEntry{Fault: "g", State: "closed", Opened: at(3), Closed: at(4), Victims: a.ledger[0].Victims})
		}, []string{"fault g killed 6s after it was closed"}},
		"unasked change": {func(a *account) { a.effects[1].namespace = "other" }, []string{"PATCH in other, for which nobody has asked"}},
		"within a later one": {func(a *account) {
			a.effects[1].at = at(11)
			a.requests = append(a.requests, asked{id: "s", name: "env", at: at(10), outcomes: []time.Time{at(12)}})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := good()
			tc.spoil(&a)
			if diff := cmp.Diff(tc.want, a.violations()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
