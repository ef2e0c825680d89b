package dns

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// work is that on one batch.
type work struct {
	Syncer
	t    *tally
	zone Zone
	// left are units that were not tried when the work ended with an error.
	left [][]Change
	// again says that the zone was read again, since its contents were not as planned.
	again bool
}

// make makes the changes of units at once, or, when that is refused, of each half. Errors:
// those that end the work on the zone.
func (w *work) make(ctx context.Context, units [][]Change) error {
	if len(units) == 0 {
		return nil
	}
	id, err := w.Provider.Change(ctx, w.zone, editsOf(units))
	w.t.asked()
	switch {
	case err == nil:
		w.t.accepted(id, units)
		return nil
	case events.KindOf(err) != events.KindInvalid:
		w.left = append(w.left, w.notMade(ctx, units, err)...)
		return err
	case !w.again:
		return w.reread(ctx, units)
	case len(units) == 1:
		w.t.failed(units[0], err.Error())
		return nil
	}
	half := len(units) / 2
	if err := w.make(ctx, units[:half]); err != nil {
		w.left = append(w.left, units[half:]...)
		return err
	}
	return w.make(ctx, units[half:])
}

// reread reads the zone, and sorts out what was done or changed since the plan was made:
// by another server, by hand, or by this request when its answer was lost.
func (w *work) reread(ctx context.Context, units [][]Change) error {
	w.again = true
	records, err := w.Provider.Records(ctx, w.zone)
	if err != nil {
		w.left = append(w.left, units...)
		return err
	}
	now := byKey(records)
	var open [][]Change
	for _, unit := range units {
		switch list := edits(unit); {
		case made(list, now):
			w.t.done([][]Change{unit})
		case possible(list, now):
			open = append(open, unit)
		default:
			w.t.failed(unit, "the zone is not as the plan expects it any more")
		}
	}
	return w.make(ctx, open)
}

// looking bounds the reading of a zone after a request of which nobody knows what became.
const looking = time.Minute

// notMade sorts out what was made by a request that ended with an error, also when ctx has
// ended: its answer may be lost. A refusal has changed nothing.
func (w *work) notMade(ctx context.Context, units [][]Change, cause error) (left [][]Change) {
	if kind := events.KindOf(cause); kind == events.KindRefused || kind == events.KindNotFound {
		return units
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), looking)
	defer cancel()
	records, err := w.Provider.Records(ctx, w.zone)
	now := byKey(records)
	for _, unit := range units {
		switch {
		case err != nil:
			w.t.failed(unit, "it is not known whether it was made: "+cause.Error())
		case made(edits(unit), now):
			w.t.done([][]Change{unit})
		default:
			left = append(left, unit)
		}
	}
	return left
}

func byKey(records []Record) map[Key]Record {
	now := make(map[Key]Record, len(records))
	for _, r := range records {
		now[r.Key()] = r
	}
	return now
}

// made says whether all is as the edits make it.
func made(list []Edit, now map[Key]Record) bool {
	after := map[Key]*Record{}
	for _, e := range list {
		after[e.Record.Key()] = nil
		if !e.Delete {
			after[e.Record.Key()] = &e.Record
		}
	}
	for key, want := range after {
		is, there := now[key]
		if there != (want != nil) || there && !is.Equal(*want) {
			return false
		}
	}
	return true
}

// possible says whether all is as the edits expect it.
func possible(list []Edit, now map[Key]Record) bool {
	gone := map[Key]bool{}
	for _, e := range list {
		is, there := now[e.Record.Key()]
		if e.Delete && (!there || !is.Equal(e.Record)) || !e.Delete && there && !gone[e.Record.Key()] {
			return false
		}
		gone[e.Record.Key()] = e.Delete
	}
	return true
}

func editsOf(units [][]Change) (all []Edit) {
	for _, unit := range units {
		all = append(all, edits(unit)...)
	}
	return all
}
