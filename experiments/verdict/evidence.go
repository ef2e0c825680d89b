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
	return fmt.Sprintf("the fault was in effect on %s, %d of %d probes never broke, all hold again",
		record.Plural(victims, "victim"), held, len(e.Probes))
}
