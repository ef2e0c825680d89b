package verdict

import (
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// Evidence is what a run came by, counted. Judge needs nothing else.
type Evidence struct {
	// Aborted is why the run was ended from outside; "" when it was not.
	Aborted string
	// NotRun is why nothing was begun, such as a guard's refusal; Guard is its name.
	NotRun, Guard string
	// Unknown is what else kept the run from its evidence: chaos failed or did not answer.
	Unknown string
	// Steps is the number of faults that the method has.
	Steps int
	// BaselineNeeded and BackNeeded are the least numbers of distinct data of each probe:
	// good ones in a row before, and good ones in a row that show nothing from before the
	// last fault was closed.
	BaselineNeeded, BackNeeded int
	// BaselineSpan is how long the good samples before must go on, Budget how long
	// the recovery may take.
	BaselineSpan, Budget time.Duration
	Probes               []ProbeEvidence
	// Faults are those that were asked for.
	Faults []FaultEvidence
}

// ProbeEvidence counts the data of one probe. Texts in it name time and values.
type ProbeEvidence struct {
	Name, Must string
	// Before is how many data were good in a row when the injection was sent, and BeforeSpan
	// the time that they cover; Broke is the last sample that was not good.
	Before     int
	BeforeSpan time.Duration
	Broke      string
	// Steps are the data that came while each fault was in effect.
	Steps []StepEvidence
	// Bad samples after the injection break the condition. Doubt is the first that did where
	// all of them may be what was before the injection.
	Bad             int
	FirstBad, Doubt string
	// Unread are the stretches after the injection of which nobody knows whether the
	// hypothesis held. A probe that may break has those only during which it could have
	// broken and nobody saw it.
	Unread      int
	FirstUnread string
	// FirstProblem is why the first sample after the injection that has no value has none,
	// LastProblem why the last sample of all has none.
	FirstProblem, LastProblem string
	// Back is how many data were good in a row at the end, none of which shows anything from
	// before the last fault was closed.
	Back int
	// Clock is what is wrong with the clock that dates the data.
	Clock string
	// Late is an outage that went on beyond the budget even in the best case, Unsure one that
	// did in the worst.
	Late, Unsure string
	// Out is how long it was out, in words; Floor is the shortest outage that could not have
	// been missed.
	Out   string
	Floor time.Duration
	// Allowed says that the document allows by name what makes evidence worse.
	Allowed bool
}

// StepEvidence counts the distinct data of a probe after one fault was seen in effect, and
// before the next one.
type StepEvidence struct{ Fresh, Needed int }

// FaultEvidence is what is known of one fault.
type FaultEvidence struct {
	Step int
	Kind string
	// Injected says that every injection was accepted; Victims were hit, and on Affected
	// of them the fault was seen in effect.
	Injected          bool
	Victims, Affected int
	// Closed says that nothing of it is in effect any more.
	Closed  bool
	Residue []string
	// Recovered says that the target healed; Reason is why not.
	Recovered bool
	Reason    string
	// Watched is how long the run went on after the injection, or after the end of a fault
	// that has a duration.
	Watched time.Duration
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
	var floor time.Duration
	for _, p := range e.Probes {
		if p.Bad == 0 && p.Doubt == "" {
			held++
			floor = max(floor, p.Floor)
		}
	}
	text := fmt.Sprintf("the fault was in effect on %s, %d of %d probes never broke", record.Plural(victims, "victim"), held, len(e.Probes))
	if held > 0 {
		text += fmt.Sprintf(" for longer than %s", round(floor))
	}
	return text + ", all hold again"
}
