package experiments

import (
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// turns are the runs that may be worked on: those under way, and the first of each place
// where none is under way. A run that has waited for longer than the timeout has its turn,
// too, to end; again is when the next one has.
func turns(open []work.Row[Row], now time.Time, timeout time.Duration) (ids []string, again time.Time) {
	open = slices.Clone(open)
	slices.SortFunc(open, func(a, b work.Row[Row]) int {
		if a.Body.before(b.Body) {
			return -1
		}
		return 1
	})
	busy := map[string]bool{}
	for _, r := range open {
		if underWay(r) {
			busy[r.Body.place()] = true
		}
	}
	for _, r := range open {
		place, late := r.Body.place(), r.Body.Queued.Add(timeout)
		switch {
		case underWay(r), !busy[place], now.After(late):
			ids = append(ids, r.ID)
		case again.IsZero() || late.Before(again):
			again = late
		}
		busy[place] = true
	}
	return ids, again
}

// underWay says whether somebody has begun to work on the run.
func underWay(r work.Row[Row]) bool {
	return r.Body.Phase != record.PhaseCreated || r.Lease.Owner != ""
}
