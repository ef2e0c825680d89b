package experiments

import (
	"fmt"
	"strings"
	"time"
)

// Evidence is what a run came by, counted. Judge needs nothing else.
type Evidence struct {
	// Aborted is why the run was ended from outside; "" when it was not.
	Aborted string
	// NotRun is why nothing was begun, such as a guard's refusal; Guard is its name.
	NotRun, Guard string
	// Untold is what else kept the run from telling: chaos failed or did not answer.
	Untold string
	// Steps is the number of faults that the method has.
	Steps int
	// BaselineNeeded, DuringNeeded and BackNeeded are the least numbers of samples of
	// each probe: good ones in a row before, measured ones after the injection, good
	// ones in a row after the last fault was closed.
	BaselineNeeded, DuringNeeded, BackNeeded int
	// BaselineSpan is how long the good samples before must go on, Budget how long
	// the recovery may take.
	BaselineSpan, Budget time.Duration
	Probes               []ProbeEvidence
	// Faults are those that were asked for.
	Faults []FaultEvidence
}

// ProbeEvidence counts the samples of one probe. Texts in it name time and values.
type ProbeEvidence struct {
	Name, Must string
	// Before is how many samples were good in a row when the injection was asked for,
	// and BeforeSpan the time that they cover; Broke is the last that was not good.
	Before     int
	BeforeSpan time.Duration
	Broke      string
	// Fresh samples after the injection have a value; Bad ones break the condition.
	Fresh, Bad int
	FirstBad   string
	// Problems are samples after the injection without a value, and gaps.
	Problems     int
	FirstProblem string
	// Back is how many samples were good in a row at the end, all of them after the
	// last fault was closed. LastProblem is why the last sample has no value.
	Back        int
	LastProblem string
	// Late tells of an outage that went on beyond the budget.
	Late string
	// Outage is how long the probe did not hold, give or take Resolution.
	Outage, Resolution time.Duration
}

// FaultEvidence is what is known of one fault.
type FaultEvidence struct {
	Step int
	Kind string
	// Injected says that chaos reported it in effect; Victims were hit and Gone is how
	// many of their UIDs were seen gone.
	Injected      bool
	Victims, Gone int
	// Closed says that nothing of it is in effect any more.
	Closed  bool
	Residue []string
	// Recovered says that the target healed; Reason is why not.
	Recovered bool
	Reason    string
}

// The names of the requirements, in the order in which they are checked.
const (
	needBaseline  = "baseline held"
	needInjected  = "fault in effect"
	needGone      = "every victim seen gone"
	needSamples   = "enough samples during the fault"
	needReadable  = "every sample readable"
	needClosed    = "fault closed without residue"
	needHeld      = "hypothesis held"
	needHealed    = "target healed"
	needRestored  = "steady state back within the budget"
	hypothesisRow = 6 // the index from which an unmet requirement means failed
)

// Requirements is the checklist of "passed". The order is that of the verdict: the
// first six, unmet, make a run inconclusive; the others make it failed.
func Requirements(e Evidence) []Requirement {
	return []Requirement{
		e.baseline(), e.injected(), e.gone(), e.samples(), e.readable(), e.closed(),
		e.held(), e.healed(), e.restored(),
	}
}

// Judge is the verdict on the evidence. The order of precedence is aborted, not-run,
// inconclusive, failed, passed; only a run that meets every requirement has passed.
func Judge(e Evidence) Verdict {
	switch {
	case e.Aborted != "":
		return Verdict{Word: Aborted, Reason: e.Aborted}
	case e.NotRun != "" && !e.touched():
		return Verdict{Word: NotRun, Reason: e.NotRun, Guard: e.Guard}
	case e.NotRun != "":
		return Verdict{Word: Inconclusive, Reason: e.NotRun, Guard: e.Guard}
	case e.Untold != "":
		return Verdict{Word: Inconclusive, Reason: e.Untold}
	}
	for i, r := range Requirements(e) {
		if r.Met {
			continue
		}
		if i >= hypothesisRow {
			return Verdict{Word: Failed, Reason: r.Seen}
		}
		return Verdict{Word: Inconclusive, Reason: fmt.Sprintf("no evidence that \"%s\": %s", r.Name, r.Seen)}
	}
	return Verdict{Word: Passed, Reason: e.summary()}
}

func (e Evidence) touched() bool {
	for _, f := range e.Faults {
		if f.Injected || f.Victims > 0 {
			return true
		}
	}
	return false
}

func (e Evidence) summary() string {
	victims := 0
	for _, f := range e.Faults {
		victims += f.Victims
	}
	held := 0
	for _, p := range e.Probes {
		if p.Bad == 0 {
			held++
		}
	}
	return fmt.Sprintf("%s gone, %d of %d probes never broke, all hold again",
		plural(victims, "victim"), held, len(e.Probes))
}

func (e Evidence) baseline() Requirement {
	r := Requirement{
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
	return r.with(seen, "%s good", plural(len(e.Probes), "probe"))
}

func (e Evidence) injected() Requirement {
	r := Requirement{Name: needInjected, Met: e.Steps > 0, Wanted: "every step of the method in effect on at least one victim"}
	var seen []string
	if len(e.Faults) != e.Steps {
		seen = append(seen, fmt.Sprintf("%d of %s asked for", len(e.Faults), plural(e.Steps, "fault")))
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
	return r.with(seen, "%d in effect, %s", len(e.Faults), plural(victims, "victim"))
}

func (e Evidence) gone() Requirement {
	r := Requirement{Name: needGone, Wanted: "the UID of every victim gone from the API server"}
	victims, gone := 0, 0
	var seen []string
	for _, f := range e.Faults {
		victims, gone = victims+f.Victims, gone+f.Gone
		if f.Gone < f.Victims {
			seen = append(seen, fmt.Sprintf("step %d: %d of %s", f.Step, f.Gone, plural(f.Victims, "victim")))
		}
	}
	r.Met = victims > 0 && len(seen) == 0
	return r.with(seen, "%d of %s", gone, plural(victims, "victim"))
}

func (e Evidence) samples() Requirement {
	r := Requirement{
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
	return r.with(seen, "%s", strings.Join(counts, ", "))
}

func (e Evidence) readable() Requirement {
	r := Requirement{
		Name: needReadable, Met: len(e.Probes) > 0,
		Wanted: "after the injection no sample of a probe that must hold without a value, and the last of every probe with one",
	}
	var seen []string
	for _, p := range e.Probes {
		switch {
		case p.Must != MustRecover && p.Problems > 0:
			seen = append(seen, fmt.Sprintf("%s: %s without a value%s", p.Name, plural(p.Problems, "sample"), because(p.FirstProblem)))
		case p.LastProblem != "":
			seen = append(seen, fmt.Sprintf("%s: the last sample has no value%s", p.Name, because(p.LastProblem)))
		}
	}
	r.Met = r.Met && len(seen) == 0
	return r.with(seen, "all readable")
}

func (e Evidence) closed() Requirement {
	r := Requirement{Name: needClosed, Wanted: "chaos reports every fault closed, with nothing left behind"}
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
	return r.with(seen, "%d of %d closed", len(e.Faults), len(e.Faults))
}

func (e Evidence) held() Requirement {
	r := Requirement{
		Name: needHeld, Met: len(e.Probes) > 0,
		Wanted: "every sample of every probe that must hold good from the injection to the end",
	}
	var seen []string
	for _, p := range e.Probes {
		if p.Must == MustRecover || p.Bad == 0 {
			continue
		}
		seen = append(seen, fmt.Sprintf("%s did not hold: %s, out for %s ± %s",
			p.Name, p.FirstBad, round(p.Outage), round(p.Resolution)))
	}
	r.Met = r.Met && len(seen) == 0
	return r.with(seen, "held")
}

func (e Evidence) healed() Requirement {
	r := Requirement{Name: needHealed, Wanted: fmt.Sprintf("replacements Ready within %s", e.Budget)}
	var seen []string
	for _, f := range e.Faults {
		if !f.Recovered {
			seen = append(seen, fmt.Sprintf("the target of step %d did not heal within %s%s", f.Step, e.Budget, because(f.Reason)))
		}
	}
	r.Met = len(e.Faults) > 0 && len(seen) == 0
	return r.with(seen, "healed")
}

func (e Evidence) restored() Requirement {
	r := Requirement{
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
	return r.with(seen, "back")
}

// with fills in what was seen: the faults found, or else the good news.
func (r Requirement) with(faults []string, good string, args ...any) Requirement {
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

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
