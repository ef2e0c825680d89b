package work

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// errEnded says that the row has ended.
var errEnded = errors.New("the work has ended")

// Queue keeps rows of work and hands them to a handler, in one server at a time.
// Its methods may be called at the same time from several goroutines.
type Queue[T any] struct {
	deps Deps
	cfg  Config[T]
	rows table[Row[T]]
	past table[Past]
	// process marks the claims of this process, apart from those of a former one.
	process string
	unsure  unsure
}

// Open opens the queue's buckets, made on first use.
func Open[T any](ctx context.Context, d Deps, c Config[T]) (*Queue[T], error) {
	if d.Store == nil || d.Bus == nil || d.Owner == "" || d.Now == nil || d.Log == nil {
		return nil, fmt.Errorf("open queue %s: a dependency is missing", c.Name)
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	rows, err := d.Store.KV(ctx, events.Bucket{Name: c.Name, Quota: c.Quota, AsIs: c.AsIs})
	if err != nil {
		return nil, fmt.Errorf("open queue %s: %w", c.Name, err)
	}
	past, err := d.Store.KV(ctx, events.Bucket{Name: c.Name + "_ended", TTL: c.Keep, Quota: c.Quota, AsIs: c.AsIs})
	if err != nil {
		return nil, fmt.Errorf("open queue %s: %w", c.Name, err)
	}
	d.Log = d.Log.With("queue", c.Name)
	return &Queue[T]{
		deps: d, cfg: c.withDefaults(), rows: table[Row[T]]{rows}, past: table[Past]{past},
		process: rand.Text(), unsure: unsure{leases: map[string]Lease{}},
	}, nil
}

// Add records a request. When it returns nil the work will be done, also if this
// process dies now. Errors: ErrKnown when the request was recorded before, whatever
// its age; ErrLate when nobody took it in time, or a later one was taken; with
// ErrForgotten nobody can tell. There is nothing to do then; any other error is
// worth another try.
func (q *Queue[T]) Add(ctx context.Context, id string, asked events.Meta, body T) error {
	for {
		_, _, err := q.rows.modify(ctx, id, func(r *Row[T]) error {
			err := admit(r.Asked, asked, q.cfg.Latest)
			if err == nil {
				err = q.fresh(asked)
			}
			if err == nil {
				*r, err = q.supersede(*r, asked, body)
			}
			return err
		})
		if errors.Is(err, events.ErrNotFound) {
			err = q.addNew(ctx, id, asked, body)
		}
		if !errors.Is(err, events.ErrExists) {
			return q.wrap("record request for", id, err)
		}
	}
}

// addNew records a request for an id that had no open row a moment ago. The end of
// a row is remembered before it leaves. Errors: as Add, and events.ErrExists.
func (q *Queue[T]) addNew(ctx context.Context, id string, asked events.Meta, body T) error {
	if err := q.admit(ctx, id, asked); err != nil {
		return err
	}
	if err := q.fresh(asked); err != nil {
		return err
	}
	_, err := q.rows.put(ctx, id, Row[T]{ID: id, Asked: asked, Body: body}, 0)
	return err
}

// fresh says whether a request that is not known is young enough. Errors: ErrLate,
// ErrForgotten.
func (q *Queue[T]) fresh(asked events.Meta) error {
	switch age := q.deps.Now().Sub(asked.Time); {
	case age > q.cfg.sure():
		return fmt.Errorf("%w; it is %s old", ErrForgotten, age.Round(time.Second))
	case age > q.cfg.MaxAge:
		return fmt.Errorf("%w: it is %s old, at most %s are allowed", ErrLate, age.Round(time.Second), q.cfg.MaxAge)
	}
	return nil
}

// admit compares the request with the end of an earlier one. Errors: ErrKnown,
// ErrOvertaken.
func (q *Queue[T]) admit(ctx context.Context, id string, asked events.Meta) error {
	past, _, err := q.past.get(ctx, id)
	switch {
	case errors.Is(err, events.ErrNotFound):
		return nil
	case err != nil:
		return q.wrap("read the end of", id, err)
	}
	return admit(past.Asked, asked, q.cfg.Latest)
}

// supersede is the row after a later request has taken it. The lease stays: who
// works on the old request finds the new one there. Events that were decided
// stay, too.
func (q *Queue[T]) supersede(old Row[T], asked events.Meta, body T) (Row[T], error) {
	next := Row[T]{ID: old.ID, Asked: asked, Body: body, Lease: old.Lease, Outbox: slices.Clone(old.Outbox)}
	if q.cfg.Superseded == nil || !old.Ended.IsZero() {
		return next, nil
	}
	return next, q.cfg.Superseded(old, &next)
}

func (q *Queue[T]) wrap(what, id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", strings.TrimSpace(what+" "+q.cfg.Name+" "+id), err)
}

// Modify changes the body of an open row, whoever works on it; the holder sees it
// by Claim.Changed. An error of change ends it and nothing is written. Errors:
// events.ErrNotFound when the row has ended or never was.
func (q *Queue[T]) Modify(ctx context.Context, id string, change func(*T) error) (Row[T], error) {
	row, _, err := q.rows.modify(ctx, id, func(r *Row[T]) error {
		if !r.Ended.IsZero() {
			return events.ErrNotFound
		}
		return change(&r.Body)
	})
	return row, q.wrap("change", id, err)
}

// Get reads an open row. Errors: events.ErrNotFound.
func (q *Queue[T]) Get(ctx context.Context, id string) (Row[T], error) {
	row, _, err := q.rows.get(ctx, id)
	return row, q.wrap("read", id, err)
}

// Open reads all rows that have not ended, the oldest request first. It sees every
// write that returned before it began. Errors: ErrUnreadable, beside the rows that
// can be read; who decides by what is open must refuse then.
func (q *Queue[T]) Open(ctx context.Context) ([]Row[T], error) { return q.list(ctx, false) }

// Leaving reads all rows that have ended and have not left yet, in the same order. Read
// before Pasts, the two have every row that has ended. Errors: as Open.
func (q *Queue[T]) Leaving(ctx context.Context) ([]Row[T], error) { return q.list(ctx, true) }

func (q *Queue[T]) list(ctx context.Context, ended bool) ([]Row[T], error) {
	rows, err := q.rows.list(ctx)
	found := slices.DeleteFunc(rows, func(r Row[T]) bool { return r.Ended.IsZero() == ended })
	sortRows(found)
	return found, q.wrap("list", "", err)
}

// Past reads the end of a row. Errors: events.ErrNotFound.
func (q *Queue[T]) Past(ctx context.Context, id string) (Past, error) {
	past, _, err := q.past.get(ctx, id)
	return past, q.wrap("read the end of", id, err)
}

// Pasts reads what is remembered of ended rows, in the order of their keys. Errors:
// ErrUnreadable, beside what can be read.
func (q *Queue[T]) Pasts(ctx context.Context) ([]Past, error) {
	all, err := q.past.list(ctx)
	return all, q.wrap("list the ended rows of", "", err)
}

// Forget drops the summary of an ended row. That it has ended is remembered until
// Config.Keep is over, so that its request is not taken for a new one.
func (q *Queue[T]) Forget(ctx context.Context, id string) error {
	_, _, err := q.past.modify(ctx, id, func(p *Past) error {
		if p.Summary == nil {
			return events.ErrNotFound
		}
		p.Summary = nil
		return nil
	})
	if errors.Is(err, events.ErrNotFound) {
		return nil
	}
	return q.wrap("forget", id, err)
}
