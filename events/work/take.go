package work

import (
	"context"
	"errors"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
)

// claim makes this server the one that works on the row. A row whose end is
// remembered is removed instead. Errors: ErrLost when somebody else was quicker,
// ErrKnown, ErrLate.
func (q *Queue[T]) claim(ctx context.Context, s seen[T], cancel context.CancelCauseFunc) (*Claim[T], error) {
	if err := q.over(ctx, s); err != nil {
		return nil, err
	}
	sent := q.deps.Now()
	row, rev, err := q.take(ctx, s)
	if err != nil {
		return nil, err
	}
	return &Claim[T]{
		queue: q, hold: newHold(q.deps.Now, q.cfg.Lease, sent, cancel), changed: make(chan struct{}, 1), row: row, rev: rev,
	}, nil
}

// take writes our lease into the row. When the answer is lost, or speaks of a
// conflict, which may be one with our own write, the row is read back. Errors:
// ErrLost.
func (q *Queue[T]) take(ctx context.Context, s seen[T]) (Row[T], uint64, error) {
	row := s.row
	row.Pause = 0
	row.Lease = q.unsure.lease(row.ID, row.Lease, row.Lease.claimed(q.deps.Owner, q.process, q.cfg.Lease))
	rev, err := q.rows.put(ctx, row.ID, row, s.rev)
	if err != nil {
		q.unsure.note(row.ID, row.Lease)
		row, rev, err = q.readBack(ctx, row, err)
	}
	if err == nil || errors.Is(err, ErrLost) {
		q.unsure.settled(row.ID)
	}
	return row, rev, err
}

// readBack asks whether a claim whose write failed is there all the same. It is
// renewed then, since nobody knows when it was written. Errors: ErrLost, or failed
// when that is not known.
func (q *Queue[T]) readBack(ctx context.Context, claimed Row[T], failed error) (Row[T], uint64, error) {
	stored, rev, err := q.rows.get(ctx, claimed.ID)
	switch {
	case err == nil && stored.Lease.same(claimed.Lease) && stored.Asked.ID == claimed.Asked.ID:
		stored.Lease = stored.Lease.renewed()
		rev, err = q.rows.put(ctx, stored.ID, stored, rev)
		return stored, rev, err
	case err == nil && raced(failed), errors.Is(err, events.ErrNotFound):
		return claimed, 0, ErrLost
	}
	return claimed, 0, failed
}

// unsure are claims of this process that no handler has seen, because nobody knows
// whether they were stored, by row.
type unsure struct {
	mu     sync.Mutex
	leases map[string]Lease
}

// lease is what to claim a row with that has the lease stored: an unsure claim that
// is there is gone on with, next is taken otherwise.
func (u *unsure) lease(id string, stored, next Lease) Lease {
	u.mu.Lock()
	defer u.mu.Unlock()
	if l, ok := u.leases[id]; ok && l.same(stored) {
		return stored.renewed()
	}
	return next
}

func (u *unsure) note(id string, l Lease) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.leases[id] = l
}

func (u *unsure) settled(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.leases, id)
}

// over removes a row that was recorded after its own end. Errors: ErrKnown or
// ErrLate when it is gone; with any other it is there still.
func (q *Queue[T]) over(ctx context.Context, s seen[T]) error {
	known := q.admit(ctx, s.row.ID, s.row.Asked)
	if !errors.Is(known, ErrKnown) && !errors.Is(known, ErrLate) {
		return known
	}
	if !s.row.Ended.IsZero() {
		return nil // it only waits to leave
	}
	err := q.rows.kv.Delete(ctx, events.Key(s.row.ID), s.rev)
	if err == nil {
		q.deps.Log.Info("request ignored", "row", s.row.ID, "event_id", s.row.Asked.ID, "reason", known.Error())
	}
	if err == nil || raced(err) || errors.Is(err, events.ErrNotFound) {
		return known
	}
	return q.wrap("remove", s.row.ID, err)
}
