package verdict

import (
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// The names of the requirements, in the order in which they are checked.
const (
	needBaseline  = "baseline held"
	needInjected  = "fault in effect"
	needEffect    = "effect seen on every victim"
	needSamples   = "enough samples during the fault"
	needReadable  = "every sample readable"
	needClosed    = "fault closed without residue"
	needHeld      = "hypothesis held"
	needHealed    = "target healed"
	needRestored  = "steady state back within the budget"
	hypothesisRow = 6 // the index from which an unmet requirement means failed
)

// Requirements is the checklist of "passed". The order is that of the verdict: the
// first six, unmet, make a run inconclusive, unless the hypothesis was measured not to
// hold; the others make it failed.
func Requirements(e Evidence) []record.Requirement {
	return []record.Requirement{
		e.baseline(), e.injected(), e.effect(), e.samples(), e.readable(), e.closed(),
		e.held(), e.healed(), e.restored(),
	}
}

func (e Evidence) baseline() record.Requirement {
	r := record.Requirement{
		Name: needBaseline, Met: len(e.Probes) > 0 && e.BaselineNeeded > 0,
		Wanted: fmt.Sprintf("every probe good for %d samples in a row over %s before the injection", e.BaselineNeeded, e.BaselineSpan),
	}
	var seen []string
	for _, p := range e.Probes {
		if p.Before >= e.BaselineNeeded && p.BeforeSpan >= e.BaselineSpan {
			continue
		}
		r.Met = false
		text := fmt.Sprintf("%s: %d good in a row over %s", p.Name, p.Before, p.BeforeSpan)
		if p.Broke != "" {
			text += ", before that " + p.Broke
		}
		seen = append(seen, text)
	}
	return with(r, seen, "%s good", record.Plural(len(e.Probes), "probe"))
}

func (e Evidence) injected() record.Requirement {
	r := record.Requirement{Name: needInjected, Met: e.Steps > 0, Wanted: "every step of the method in effect on at least one victim"}
	var seen []string
	if len(e.Faults) != e.Steps {
		seen = append(seen, fmt.Sprintf("%d of %s asked for", len(e.Faults), record.Plural(e.Steps, "fault")))
	}
	victims := 0
	for _, f := range e.Faults {
		victims += f.Victims
		if !f.Injected {
			seen = append(seen, fmt.Sprintf("step %d (%s) was not reported in effect", f.Step, f.Kind))
		} else if f.Victims == 0 {
			seen = append(seen, fmt.Sprintf("step %d (%s) had no victim", f.Step, f.Kind))
		}
	}
	r.Met = r.Met && len(seen) == 0
	return with(r, seen, "%d in effect, %s", len(e.Faults), record.Plural(victims, "victim"))
}

func (e Evidence) effect() record.Requirement {
	r := record.Requirement{Name: needEffect, Wanted: "the fault seen in effect on every victim, as its kind says"}
	victims, affected := 0, 0
	var seen []string
	for _, f := range e.Faults {
		victims, affected = victims+f.Victims, affected+f.Affected
		if f.Affected < f.Victims {
			seen = append(seen, fmt.Sprintf("step %d: %d of %s", f.Step, f.Affected, record.Plural(f.Victims, "victim")))
		}
	}
	r.Met = victims > 0 && len(seen) == 0
	return with(r, seen, "%d of %s", affected, record.Plural(victims, "victim"))
}

func (e Evidence) samples() record.Requirement {
	r := record.Requirement{
		Name: needSamples, Met: len(e.Probes) > 0 && e.DuringNeeded > 0,
		Wanted: fmt.Sprintf("%d measured samples of every probe after the injection (four fifths of observe/interval)", e.DuringNeeded),
	}
	var seen, counts []string
	for _, p := range e.Probes {
		counts = append(counts, fmt.Sprintf("%s %d", p.Name, p.Fresh))
		if p.Fresh < e.DuringNeeded {
			seen = append(seen, fmt.Sprintf("%s has %d%s", p.Name, p.Fresh, because(p.FirstProblem)))
		}
	}
	r.Met = r.Met && len(seen) == 0
	return with(r, seen, "%s", strings.Join(counts, ", "))
}

func (e Evidence) readable() record.Requirement {
	r := record.Requirement{
		Name: needReadable, Met: len(e.Probes) > 0,
		Wanted: "after the injection no sample of a probe that must hold without a value, and the last of every probe with one",
	}
	var seen []string
	for _, p := range e.Probes {
		switch {
		case p.Must != spec.MustRecover && p.Problems > 0:
			seen = append(seen, fmt.Sprintf("%s: %s without a value%s", p.Name, record.Plural(p.Problems, "sample"), because(p.FirstProblem)))
		case p.LastProblem != "":
			seen = append(seen, fmt.Sprintf("%s: the last sample has no value%s", p.Name, because(p.LastProblem)))
		}
	}
	r.Met = r.Met && len(seen) == 0
	return with(r, seen, "all readable")
}

func (e Evidence) closed() record.Requirement {
	r := record.Requirement{Name: needClosed, Wanted: "chaos reports every fault closed, with nothing left behind"}
	var seen []string
	for _, f := range e.Faults {
		if !f.Closed {
			seen = append(seen, fmt.Sprintf("step %d was not reported closed", f.Step))
		}
		if len(f.Residue) > 0 {
			seen = append(seen, fmt.Sprintf("step %d left %s", f.Step, strings.Join(f.Residue, ", ")))
		}
	}
	r.Met = len(e.Faults) > 0 && len(seen) == 0
	return with(r, seen, "%d of %d closed", len(e.Faults), len(e.Faults))
}

func (e Evidence) held() record.Requirement {
	r := record.Requirement{
		Name: needHeld, Met: len(e.Probes) > 0,
		Wanted: "every sample of every probe that must hold good from the injection to the end",
	}
	var seen []string
	for _, p := range e.Probes {
		if p.Must == spec.MustRecover || p.Bad == 0 {
			continue
		}
		seen = append(seen, fmt.Sprintf("%s did not hold: %s, out for %s ± %s",
			p.Name, p.FirstBad, round(p.Outage), round(p.Resolution)))
	}
	r.Met = r.Met && len(seen) == 0
	return with(r, seen, "held")
}

func (e Evidence) healed() record.Requirement {
	r := record.Requirement{Name: needHealed, Wanted: fmt.Sprintf("the target of every fault healed within %s, as its kind says", e.Budget)}
	var seen []string
	for _, f := range e.Faults {
		if !f.Recovered {
			seen = append(seen, fmt.Sprintf("the target of step %d did not heal within %s%s", f.Step, e.Budget, because(f.Reason)))
		}
	}
	r.Met = len(e.Faults) > 0 && len(seen) == 0
	return with(r, seen, "healed")
}

func (e Evidence) restored() record.Requirement {
	r := record.Requirement{
		Name: needRestored, Met: len(e.Probes) > 0 && e.BackNeeded > 0,
		Wanted: fmt.Sprintf("every probe good for %d samples in a row at the end, no outage beyond %s after its injection", e.BackNeeded, e.Budget),
	}
	var seen []string
	for _, p := range e.Probes {
		if p.Late != "" {
			seen = append(seen, fmt.Sprintf("%s was not back within %s: %s", p.Name, e.Budget, p.Late))
		} else if p.Back < e.BackNeeded {
			seen = append(seen, fmt.Sprintf("%s was good for %d samples in a row at the end, want %d", p.Name, p.Back, e.BackNeeded))
		}
	}
	r.Met = r.Met && len(seen) == 0
	return with(r, seen, "back")
}

// with fills in what was seen: the faults found, or else the good news.
func with(r record.Requirement, faults []string, good string, args ...any) record.Requirement {
	r.Seen = strings.Join(faults, "; ")
	if len(faults) == 0 {
		r.Seen = fmt.Sprintf(good, args...)
	}
	return r
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
