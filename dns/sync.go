package dns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// zonesAtOnce is how many zones are changed at once, each by one request at a time.
const zonesAtOnce = 4

// Progress hears how far a sync is.
type Progress interface {
	Step(name string)
	Note(detail string)
}

// Syncer carries plans out.
type Syncer struct {
	Provider Provider
	Limits   Limits
	Progress Progress
	// Poll is how long to wait before a change is asked for again.
	Poll time.Duration
}

// Result says what became of the changes of a plan.
type Result struct {
	Done     []Change  `json:"done"`
	Failed   []Failure `json:"failed"`
	NotTried []Change  `json:"notTried"`
	// Batches is how many requests to change something were answered.
	Batches int `json:"batches"`
}

// Failure is a change that was not made.
type Failure struct {
	Change
	Reason string `json:"reason"`
}

// tally collects what becomes of changes, of several zones at once.
type tally struct {
	mu sync.Mutex
	Result
	all int
	ids []string
	// cause is the first error that ended the work on a zone.
	cause error
}

// Apply makes the changes of a plan: batch after batch in each zone. A batch that is
// refused is taken apart until the bad change is found. It returns when the name servers
// know all changes that were answered; what the zone alone told to be done, since the
// answer was lost, nobody can be asked for. The error is why changes were not tried, or
// ctx's.
func (s Syncer) Apply(ctx context.Context, p Plan) (Result, error) {
	t := &tally{all: len(p.Changes)}
	zones := perZone(p.Changes)
	s.Progress.Step("change records")
	events.Parallel(len(zones), zonesAtOnce, func(i int) { s.zone(ctx, zones[i], t) })
	err := t.cause
	if len(t.ids) > 0 {
		err = errors.Join(err, s.settle(ctx, t.ids))
	}
	for _, list := range [][]Change{t.Done, t.NotTried} {
		sorted(list)
	}
	slices.SortFunc(t.Failed, func(a, b Failure) int { return byName(a.Change, b.Change) })
	return t.Result, err
}

// zone makes the changes of one zone.
func (s Syncer) zone(ctx context.Context, changes []Change, t *tally) {
	batches, tooLarge := s.Limits.batches(units(changes))
	for _, unit := range tooLarge {
		t.failed(unit, fmt.Sprintf("the changes of this name do not fit into one batch of %d records and %d characters", s.Limits.Records, s.Limits.Characters))
	}
	for i, batch := range batches {
		w := &work{Syncer: s, t: t, zone: changes[0].Zone}
		if err := w.make(ctx, batch); err != nil {
			t.stopped(slices.Concat(append([][][]Change{w.left}, batches[i+1:]...)...), err)
			return
		}
		s.Progress.Note(t.far())
	}
}

// settle waits until the name servers know all changes.
func (s Syncer) settle(ctx context.Context, ids []string) error {
	s.Progress.Step("wait for the name servers")
	for i, id := range ids {
		for {
			pending, err := s.Provider.Pending(ctx, id)
			if err != nil {
				return fmt.Errorf("ask whether the name servers know the changes, which were made: %w", err)
			}
			if !pending {
				break
			}
			s.Progress.Note(fmt.Sprintf("%d of %d batches are everywhere", i, len(ids)))
			if !events.Wait(ctx, s.Poll) {
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

func (t *tally) done(units [][]Change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Done = append(t.Done, slices.Concat(units...)...)
}

// accepted counts a batch that was made.
func (t *tally) accepted(id string, units [][]Change) {
	t.done(units)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ids = append(t.ids, id)
}

func (t *tally) asked() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Batches++
}

func (t *tally) failed(unit []Change, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range unit {
		t.Failed = append(t.Failed, Failure{c, reason})
	}
}

// stopped notes units that were not tried, and why.
func (t *tally) stopped(units [][]Change, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.NotTried = append(t.NotTried, slices.Concat(units...)...)
	if t.cause == nil {
		t.cause = err
	}
}

func (t *tally) far() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return fmt.Sprintf("%d of %d", len(t.Done)+len(t.Failed), t.all)
}
