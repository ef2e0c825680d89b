package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/shakedown-dev/shakedown/datamove/checksum"
	"github.com/shakedown-dev/shakedown/events"
)

// compareTarget asks the target for the checksum of every span whose rows are there.
func compareTarget(ctx context.Context, target *sql.DB, s *tableState, workers int) error {
	s.arrange()
	queue := make(chan *spanSum, len(s.done))
	for i := range s.done {
		if !s.done[i].compared {
			queue <- &s.done[i]
		}
	}
	close(queue)
	failed := make([]error, workers)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() { failed[i] = compareSpans(ctx, target, s.plan, queue) })
	}
	wg.Wait()
	return errors.Join(failed...)
}

// compareSpans takes spans from the queue until there are no more.
func compareSpans(ctx context.Context, target *sql.DB, p *tablePlan, queue <-chan *spanSum) (err error) {
	for d := range queue {
		if d.target, err = sumOf(ctx, target, p.selectSum(p.target, d.span.where(p.key))); err != nil {
			return fmt.Errorf("compare table %s: %w", p.target, err)
		}
		d.compared = true
	}
	return nil
}

// arrange puts the spans into the order of their keys. A table without a key is
// compared as a whole.
func (s *tableState) arrange() {
	slices.SortFunc(s.done, func(a, b spanSum) int { return int(min(1, max(-1, a.number-b.number))) })
	if s.plan.key != nil || len(s.done) < 2 {
		return
	}
	whole := spanSum{}
	for _, d := range s.done {
		whole.source.Add(d.source)
	}
	s.done = []spanSum{whole}
}

// rower is the part of a pool or a connection that asks for one row.
type rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func sumOf(ctx context.Context, q rower, query string) (checksum.Sum, error) {
	var rows int64
	var text string
	if err := q.QueryRowContext(ctx, query).Scan(&rows, &text); err != nil {
		return checksum.Sum{}, err
	}
	s, ok := parseSum(rows, text)
	if !ok {
		return checksum.Sum{}, tooLargeToHash()
	}
	return s, nil
}

// tooLargeToHash: what a server cannot hash it must not pass over.
func tooLargeToHash() error {
	return events.Errorf(events.KindPartial, "raise max_allowed_packet of both servers",
		"a row is too large for the server to hash it with its max_allowed_packet")
}
