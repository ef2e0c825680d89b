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
	needClock     = "one clock"
	needInjected  = "fault in effect"
	needEffect    = "effect seen on every victim"
	needReadable  = "every sample readable"
	needSamples   = "enough samples during the fault"
	needClosed    = "fault closed without residue"
	needHeld      = "hypothesis held"
	needHealed    = "target healed"
	needRestored  = "steady state back within the budget"
	hypothesisRow = 7 // the index from which an unmet requirement means failed
)

// Requirements is the checklist of "passed". The order is that of the verdict: the
// first seven, unmet, make a run inconclusive, unless it was measured that the hypothesis did
// not hold or that the steady state came back too late; the others make it failed, unless
// they are unknown.
func Requirements(e Evidence) []record.Requirement {
	return []record.Requirement{
		e.baseline(), e.clock(), e.injected(), e.effect(), e.readable(), e.samples(), e.closed(),
		e.held(), e.healed(), e.restored(),
	}
}

func (e Evidence) baseline() record.Requirement {
	r := record.Requirement{
		Name: needBaseline, Met: len(e.Probes) > 0 && e.BaselineNeeded > 0,
		Wanted: fmt.Sprintf("every probe good for %d distinct samples in a row over %s before the injection was sent", e.BaselineNeeded, e.BaselineSpan),
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
	return e.with(r, seen, "%s good", record.Plural(len(e.Probes), "probe"))
}

func (e Evidence) clock() record.Requirement {
	r := record.Requirement{
		Name: needClock, Met: true,
		Wanted: "whoever dates the samples of a probe has our clock, to within one interval, and keeps pace with it",
	}
	var seen []string
	for _, p := range e.Probes {
		if p.Clock != "" {
			seen = append(seen, fmt.Sprintf("%s: %s", p.Name, p.Clock))
		}
	}
	r.Met = len(seen) == 0
	return e.with(r, seen, "all within an interval")
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
	if r.Met = r.Met && len(seen) == 0; !r.Met && len(seen) > 0 {
		r.Seen = strings.Join(seen, "; ")
		return r
	}
	return e.with(r, seen, "%d in effect, %s", len(e.Faults), record.Plural(victims, "victim"))
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
	r.Met = victims > 0
	return e.with(r, seen, "%d of %s", affected, record.Plural(victims, "victim"))
}

func (e Evidence) samples() record.Requirement {
	r := record.Requirement{
		Name: needSamples, Met: len(e.Probes) > 0 && e.touched(),
		Wanted: "distinct samples of every probe that are younger than the effect of every step: four fifths of what fits into observe",
	}
	var seen, counts []string
	for _, p := range e.Probes {
		if len(p.Steps) == 0 {
			r.Met = false
		}
		for i, s := range p.Steps {
			name := p.Name
			if len(p.Steps) > 1 {
				name = fmt.Sprintf("%s in step %d", p.Name, i+1)
			}
			counts = append(counts, fmt.Sprintf("%s %d", name, s.Fresh))
			if s.Fresh < max(1, s.Needed) {
				seen = append(seen, fmt.Sprintf("%s has %d of %d%s", name, s.Fresh, s.Needed, because(p.FirstProblem)))
			}
		}
	}
	return e.with(r, seen, "%s", strings.Join(counts, ", "))
}

func (e Evidence) readable() record.Requirement {
	r := record.Requirement{
		Name: needReadable, Met: len(e.Probes) > 0,
		Wanted: "all of the time from the injection to the end read by every probe that must hold, and by the others while the fault was in effect; the last sample of every probe with a value",
	}
	var seen []string
	for _, p := range e.Probes {
		switch {
		case p.Unread > 0:
			text := fmt.Sprintf("%s: %s", p.Name, p.FirstUnread)
			if p.Unread > 1 {
				text += fmt.Sprintf("; %d such times in all", p.Unread)
			}
			seen = append(seen, text)
		case p.LastProblem != "":
			seen = append(seen, fmt.Sprintf("%s: the last sample has no value%s", p.Name, because(p.LastProblem)))
		}
	}
	return e.with(r, seen, "all readable")
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
	r.Met = len(e.Faults) > 0
	return e.with(r, seen, "%d of %d closed", len(e.Faults), len(e.Faults))
}

func (e Evidence) held() record.Requirement {
	r := record.Requirement{
		Name: needHeld, Met: len(e.Probes) > 0,
		Wanted: "every sample of every probe that must hold good from the injection to the end: no outage longer than its floor",
	}
	var seen, doubts, floors []string
	for _, p := range e.Probes {
		switch {
		case p.Must == spec.MustRecover:
		case p.Doubt != "":
			doubts = append(doubts, fmt.Sprintf("%s may have broken before the injection: %s, and its window reaches back so far", p.Name, p.Doubt))
		case p.Bad == 0 && p.Floor > e.Budget && !p.Allowed:
			doubts = append(doubts, fmt.Sprintf("%s could have missed an outage of %s, and the budget is %s", p.Name, round(p.Floor), e.Budget))
		case p.Bad == 0:
			floors = append(floors, fmt.Sprintf("%s: no outage longer than %s", p.Name, round(p.Floor)))
		default:
			seen = append(seen, fmt.Sprintf("%s did not hold: %s, out for %s", p.Name, p.FirstBad, p.Out))
		}
	}
	if len(floors) == 0 {
		floors = []string{"no probe must hold"}
	}
	r.Unknown = len(seen) == 0
	return e.with(r, append(seen, doubts...), "%s", strings.Join(floors, "; "))
}

func (e Evidence) healed() record.Requirement {
	r := record.Requirement{
		Name: needHealed, Met: len(e.Faults) > 0, Unknown: true,
		Wanted: fmt.Sprintf("the target of every fault healed within %s, as its kind says", e.Budget),
	}
	var seen []string
	for _, f := range e.Faults {
		switch {
		case f.Recovered:
		case !f.Injected && f.Victims == 0:
			seen = append(seen, fmt.Sprintf("step %d hit nothing that could heal", f.Step))
		case f.Watched < e.Budget:
			seen = append(seen, fmt.Sprintf("the target of step %d had not healed when the run ended, %s into its budget of %s%s", f.Step, round(max(0, f.Watched)), e.Budget, because(f.Reason)))
		default:
			r.Unknown = false
			seen = append(seen, fmt.Sprintf("the target of step %d did not heal within %s%s", f.Step, e.Budget, because(f.Reason)))
		}
	}
	return e.with(r, seen, "healed")
}

func (e Evidence) restored() record.Requirement {
	r := record.Requirement{
		Name: needRestored, Met: len(e.Probes) > 0 && e.BackNeeded > 0, Unknown: true,
		Wanted: fmt.Sprintf("every probe good for %d distinct samples in a row at the end, no outage beyond %s after its injection", e.BackNeeded, e.Budget),
	}
	var late, seen []string
	for _, p := range e.Probes {
		switch {
		case p.Late != "":
			late = append(late, fmt.Sprintf("%s was not back within %s: %s", p.Name, e.Budget, p.Late))
		case p.Unsure != "":
			seen = append(seen, fmt.Sprintf("whether %s was back within %s is not known: %s", p.Name, e.Budget, p.Unsure))
		case p.Back < e.BackNeeded:
			seen = append(seen, fmt.Sprintf("%s was good for %s in a row that show nothing from before the fault was closed, want %d",
				p.Name, record.Plural(p.Back, "distinct sample"), e.BackNeeded))
		}
	}
	r.Unknown = len(late) == 0
	return e.with(r, append(late, seen...), "back")
}

// with fills in what was seen: the faults found, or else the good news. Where nothing was
// broken there is none.
func (e Evidence) with(r record.Requirement, faults []string, good string, args ...any) record.Requirement {
	if before := r.Name == needBaseline || r.Name == needClock; !before && !e.touched() {
		r.Met, r.Unknown, r.Seen = false, true, "nothing was broken"
		return r
	}
	r.Met = r.Met && len(faults) == 0
	r.Unknown = r.Unknown && !r.Met
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
