package verdict

import (
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// Ending is why a run ended otherwise than by its own plan.
type Ending = record.Ending

// Conclude gives the record its measures, its evidence and its verdict.
func Conclude(r *record.Record, end Ending, now time.Time, kinds Adviser) {
	r.Ending = end
	r.Measure()
	e := gather(*r, end)
	r.Evidence = Requirements(e)
	r.Verdict = Judge(e)
	r.Verdict.Advice = advise(*r, end, kinds)
	if r.Verdict.Word == record.Passed && end.Unproven != "" {
		r.Verdict = record.Verdict{Word: record.Inconclusive, Reason: end.Unproven, Advice: "shakedown doctor"}
	}
	r.Ended = now
	if n := len(r.Phases); n > 0 && r.Phases[n-1].Ended.IsZero() {
		r.Phases[n-1].Ended = now
	}
	r.Phases = append(r.Phases, record.Phase{Name: record.PhaseFinished, Started: now, Ended: now})
}

// Again judges a record anew, as Conclude did when its run ended, from its samples, its marks
// and its ending alone.
func Again(r *record.Record, kinds Adviser) {
	ended := r.Ended
	r.Ended = time.Time{}
	if n := len(r.Phases); n > 0 && r.Phases[n-1].Name == record.PhaseFinished {
		r.Phases = r.Phases[:n-1]
	}
	Conclude(r, r.Ending, ended, kinds)
}
