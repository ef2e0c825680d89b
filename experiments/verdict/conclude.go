package verdict

import (
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// Ending is why a run ended otherwise than by its own plan. The zero value is a run
// that went to its end.
type Ending struct {
	Aborted string `json:"aborted,omitempty"`
	NotRun  string `json:"notRun,omitempty"`
	Guard   string `json:"guard,omitempty"`
	Advice  string `json:"advice,omitempty"`
	Unknown string `json:"unknown,omitempty"`
}

// Conclude gives the record its measures, its evidence and its verdict.
func Conclude(r *record.Record, end Ending, now time.Time, kinds Adviser) {
	r.Measure()
	e := gather(*r, end)
	r.Evidence = Requirements(e)
	r.Verdict = Judge(e)
	r.Verdict.Advice = advise(*r, end, kinds)
	r.Ended = now
	if n := len(r.Phases); n > 0 && r.Phases[n-1].Ended.IsZero() {
		r.Phases[n-1].Ended = now
	}
	r.Phases = append(r.Phases, record.Phase{Name: record.PhaseFinished, Started: now, Ended: now})
}
