package experiments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// The buckets of the service. Active rows exist while a run has no verdict; a summary
// and a record stay.
const (
	bucketActive  = "experiments_active"
	bucketRuns    = "experiments_runs"
	bucketRecords = "experiments_records"
)

// Row is the stored state of a run that has no verdict yet.
type Row struct {
	Run     string          `json:"run"`
	Request events.RunStart `json:"request"`
	// Event is the id of the event that asked for it.
	Event string `json:"event,omitempty"`
	// Experiment is the name in the document.
	Experiment string `json:"experiment"`
	// Queued and Order say whose turn it is within an environment.
	Queued time.Time `json:"queued"`
	Order  int       `json:"order,omitempty"`
	// Environment is known when an event told it, or once it was asked for.
	Environment *record.Environment `json:"environment,omitempty"`
	Lease       events.Lease        `json:"lease,omitzero"`
	Phase       string              `json:"phase"`
	Step        int                 `json:"step,omitempty"`
	// Since is when the phase was entered; Began is when the run was first taken up,
	// Times how often it was; Deadline is its end at the latest.
	Since    time.Time      `json:"since,omitzero"`
	Began    time.Time      `json:"began,omitzero"`
	Times    int            `json:"times,omitempty"`
	Deadline time.Time      `json:"deadline,omitzero"`
	End      verdict.Ending `json:"end,omitzero"`
}

// place is where the run breaks things; runs in one place take turns.
func (r Row) place() string {
	if r.Request.Environment != "" {
		return r.Request.Environment
	}
	return r.Request.Namespace
}

// before says whether r's turn comes before o's.
func (r Row) before(o Row) bool {
	if !r.Queued.Equal(o.Queued) {
		return r.Queued.Before(o.Queued)
	}
	if r.Order != o.Order {
		return r.Order < o.Order
	}
	return r.Run < o.Run
}

func (r Row) summary() events.RunSummary {
	s := events.RunSummary{
		Run: r.Run, Experiment: r.Experiment, Environment: r.Request.Environment, Namespace: r.Request.Namespace,
		Phase: r.Phase, Started: r.Queued,
	}
	if r.Environment != nil {
		s.Namespace = r.Environment.Namespace
	}
	return s
}

// errLost says that the run belongs to another server now.
var errLost = errors.New("the run was taken over by another server")

// errSettled says that the run has a verdict already.
var errSettled = errors.New("the run has its verdict")

type tables struct {
	active  events.Table[Row]
	runs    events.Table[events.RunSummary]
	records events.Table[record.Record]
}

func openTables(ctx context.Context, s events.Store) (tables, error) {
	var t tables
	var errs [3]error
	t.active, errs[0] = events.OpenTable[Row](ctx, s, events.Bucket{Name: bucketActive})
	t.runs, errs[1] = events.OpenTable[events.RunSummary](ctx, s, events.Bucket{Name: bucketRuns})
	t.records, errs[2] = events.OpenTable[record.Record](ctx, s, events.Bucket{Name: bucketRecords})
	return t, errors.Join(errs[:]...)
}

// enqueue stores a run that was asked for. A run that is there already is left alone.
func (t tables) enqueue(ctx context.Context, row Row) error {
	key := events.Key(row.Run)
	err := t.runs.Create(ctx, key, row.summary())
	if errors.Is(err, events.ErrExists) {
		if done, err := t.settled(ctx, row.Run); err != nil || done {
			return err
		}
	} else if err != nil {
		return fmt.Errorf("store run %s: %w", row.Run, err)
	}
	if err := t.active.Create(ctx, key, row); err != nil && !errors.Is(err, events.ErrExists) {
		return fmt.Errorf("queue run %s: %w", row.Run, err)
	}
	return nil
}

func (t tables) settled(ctx context.Context, run string) (bool, error) {
	s, _, err := t.runs.Get(ctx, events.Key(run))
	if errors.Is(err, events.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read run %s: %w", run, err)
	}
	return s.Phase == record.PhaseFinished, nil
}

// take makes owner the one who works on the run.
func (t tables) take(ctx context.Context, run, owner string, now time.Time, ttl time.Duration) (Row, error) {
	return t.active.Modify(ctx, events.Key(run), func(r *Row) error {
		if !r.Lease.Free(owner, now) {
			return errLost
		}
		r.Lease = r.Lease.Take(owner, now, ttl)
		return nil
	})
}

// write stores the row, if owner still holds its lease, and renews it.
func (t tables) write(ctx context.Context, row *Row, owner string, now time.Time, ttl time.Duration) error {
	stored, err := t.active.Modify(ctx, events.Key(row.Run), func(r *Row) error {
		if r.Lease.Owner != owner {
			return errLost
		}
		*r = *row
		r.Lease = r.Lease.Take(owner, now, ttl)
		return nil
	})
	if err != nil {
		return fmt.Errorf("store state of run %s: %w", row.Run, err)
	}
	*row = stored
	return nil
}

// free gives the run up, for another server to take at once.
func (t tables) free(ctx context.Context, run, owner string) error {
	_, err := t.active.Modify(ctx, events.Key(run), func(r *Row) error {
		if r.Lease.Owner != owner {
			return errLost
		}
		r.Lease = events.Lease{}
		return nil
	})
	return err
}

// record stores the record. One that has its verdict is never written again.
func (t tables) record(ctx context.Context, rec record.Record) error {
	key := events.Key(rec.Run)
	_, err := t.records.Modify(ctx, key, func(r *record.Record) error {
		if r.Verdict.Word != "" {
			return errSettled
		}
		*r = rec
		return nil
	})
	if errors.Is(err, events.ErrNotFound) {
		err = t.records.Create(ctx, key, rec)
	}
	if err != nil {
		return fmt.Errorf("store record of run %s: %w", rec.Run, err)
	}
	return nil
}

// settle stores the verdict's summary and ends the active row.
func (t tables) settle(ctx context.Context, s events.RunSummary) error {
	_, err := t.runs.Modify(ctx, events.Key(s.Run), func(old *events.RunSummary) error {
		*old = s
		return nil
	})
	if err != nil {
		return fmt.Errorf("store summary of run %s: %w", s.Run, err)
	}
	if err := t.active.Delete(ctx, events.Key(s.Run)); err != nil {
		return fmt.Errorf("end run %s: %w", s.Run, err)
	}
	return nil
}
