package work

import (
	"cmp"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// seen is an open row as this process knows it.
type seen[T any] struct {
	row Row[T]
	rev uint64
	sight
}

// board is what the dispatcher knows of the queue.
type board[T any] struct {
	owner    string
	parallel int
	turns    func([]Row[T], time.Time) ([]string, time.Time)
	// rows are all that the watch has shown, by key.
	rows map[string]seen[T]
	// working are the keys of rows that a handler of this process has.
	working map[string]bool
}

// next are the keys of the rows to claim now, in order, and when to decide again
// if nothing changes; zero means not before something does.
func (b board[T]) next(now time.Time) (start []string, again time.Time) {
	ids, again := b.turn(now)
	slots := b.parallel - len(b.working)
	for _, id := range ids {
		key := events.Key(id)
		s, known := b.rows[key]
		if !known || b.working[key] {
			continue
		}
		if at := s.claimable(b.owner, now); at.After(now) {
			again = earlier(again, at)
		} else if len(start) < slots {
			start = append(start, key)
		}
	}
	return start, again
}

// turn are the rows whose turn it is: those first that have ended and only wait to
// leave, and those last for which that has failed. Turns sees a row whose claim is on
// its way as claimed.
func (b board[T]) turn(now time.Time) (ids []string, again time.Time) {
	open := make([]Row[T], 0, len(b.rows))
	var stuck []string
	for key, s := range b.rows {
		switch {
		case s.row.Ended.IsZero():
			if b.working[key] {
				s.row.Lease.Owner = b.owner
			}
			open = append(open, s.row)
		case s.row.Attempts > 0:
			stuck = append(stuck, s.row.ID)
		default:
			ids = append(ids, s.row.ID)
		}
	}
	sortRows(open)
	turns, again := b.turns(open, now)
	return slices.Concat(ids, turns, stuck), again
}

// claimable is when owner may claim the row.
func (s seen[T]) claimable(owner string, now time.Time) time.Time {
	at := s.since.Add(s.row.Pause.Std())
	if !s.free(owner, now) {
		at = events.Later(at, s.lapses())
	}
	return at
}

// earlier is the earlier of two times that are set.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func sortRows[T any](rows []Row[T]) {
	slices.SortFunc(rows, func(a, b Row[T]) int {
		return cmp.Or(a.Asked.Time.Compare(b.Asked.Time), cmp.Compare(a.ID, b.ID))
	})
}
