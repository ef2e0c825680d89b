package experiments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
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
		case underWay(r), !busy[place], r.Body.overdue(now, timeout):
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

// errTurn says that it is another run's turn.
var errTurn = errors.New("another run in the same place is under way")

// confirmTurn asks the store whether a run that was claimed may begin: what decided that
// it may have been old. Every run reads after its claim was written, so of two claimed at
// once at least one sees the other.
func (s *Service) confirmTurn(ctx context.Context, row Row) error {
	for {
		open, err := s.queue.Open(ctx)
		if err != nil {
			return err
		}
		wait, err := giveWay(open, row)
		if err != nil || !wait {
			return err
		}
		if !events.Wait(ctx, s.cfg.Poll) {
			return context.Cause(ctx)
		}
	}
}

// giveWay says what a run that was claimed does about others in its place: it goes back
// to the queue (errTurn) when one has begun or comes before it, and waits for one that
// comes after it, which goes back as soon as it sees this one, or has begun.
func giveWay(open []work.Row[Row], row Row) (wait bool, err error) {
	for _, o := range open {
		switch {
		case o.Body.Run == row.Run || o.Body.place() != row.place() || !underWay(o):
		case o.Body.Phase != record.PhaseCreated || o.Body.before(row):
			return false, fmt.Errorf("%w: %s", errTurn, o.Body.Run)
		default:
			wait = true
		}
	}
	return wait, nil
}
