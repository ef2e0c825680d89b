package mysql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/shakedown-dev/shakedown/datamove/checksum"
)

// The bounds of what is under way.
const (
	defaultLoaders = 2
	maxBlocks      = 192 // of all loaders together
	loadAttempts   = 3
)

// moved is a span whose rows are in the target.
type spanSum struct {
	span   span
	number int64
	source checksum.Sum
	target checksum.Sum
	// compared is set when target is known.
	compared bool
}

// tableState is how far a table is.
type tableState struct {
	plan *tablePlan
	// todo are the spans that this run copies.
	todo []todo

	mu       sync.Mutex
	streamed bool
	pending  int
	retry    []todo
	done     []spanSum
	copied   int64
	bytes    int64
	masked   []int64
	finished bool
	// kept are rows of the target that a merge leaves there.
	kept checksum.Sum
	// absent tables cannot be looked into for rows.
	absent bool
}

// todo is a span that is to be copied. Its chunks have the numbers first,
// first+step, ...: whatever is done again later must fit between.
type todo struct {
	span        span
	first, step int64
}

// The steps between chunks: of a whole table, of a gap, of a chunk done again.
const (
	stepTable = 1 << 20
	stepGap   = 1 << 10
	stepChunk = 1
)

// mover brings the rows of all tables over: readers feed loaders, and a table that
// is complete gets its indexes while it is compared.
type mover struct {
	run    *run
	pool   *pool
	idle   chan *loader
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup // everything that was started
	loads  sync.WaitGroup // chunks under way
	slots  chan struct{}  // tables that are finished at once
	// chunk is how many bytes of rows make a chunk, pace holds the reading up.
	chunk int64
	pace  pacing
}

// move returns when every row is over and compared, or at the first error.
func (r *run) move(ctx context.Context, chunk int64, pace pacing) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	count := r.loaders()
	m := &mover{run: r, cancel: cancel, idle: make(chan *loader, count), slots: make(chan struct{}, 2), chunk: chunk, pace: pace}
	m.pool = newPool(min(maxBlocks, (count+1)*(chunkSize/r.blockRoom())))
	if err := m.open(ctx, count); err != nil {
		return explain(err, r.to)
	}
	err = m.all(ctx)
	if err != nil {
		cancel(err)
	}
	m.loads.Wait()
	m.wg.Wait()
	m.close(count)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// blockRoom is what a block grows to: that of an INSERT is a whole statement.
func (r *run) blockRoom() int {
	if slices.ContainsFunc(r.states, func(s *tableState) bool { return s.plan.insert }) {
		return insertBlock
	}
	return blockSize
}

func (m *mover) open(ctx context.Context, count int) error {
	for i := range count {
		link, err := openReader(ctx, m.run.to)
		if err != nil {
			return err
		}
		m.idle <- &loader{link: link, conn: link.conn, pool: m.pool, ledger: m.run.ledger, name: fmt.Sprintf("%s-%p-%d", m.run.job.ID, m, i)}
	}
	return nil
}

func (m *mover) close(count int) {
	for range count {
		l := <-m.idle
		l.link.close()
	}
}

// all streams the tables, biggest first, then what has to be written again.
func (m *mover) all(ctx context.Context) error {
	states := slices.Clone(m.run.states)
	slices.SortStableFunc(states, func(a, b *tableState) int { return cmp.Compare(b.plan.table.dataBytes, a.plan.table.dataBytes) })
	if err := m.streamAll(ctx, states); err != nil {
		return err
	}
	for range loadAttempts {
		m.loads.Wait()
		if !m.retakeAll(states) {
			return context.Cause(ctx)
		}
		if err := m.streamAll(ctx, states); err != nil {
			return err
		}
	}
	m.loads.Wait()
	for _, s := range states {
		if len(s.retry) > 0 {
			return fmt.Errorf("table %s: rows were refused %d times because of locks", s.plan.target, loadAttempts)
		}
	}
	return context.Cause(ctx)
}

// retakeAll reports whether any of the tables has rows to be written again.
func (m *mover) retakeAll(states []*tableState) bool {
	again := false
	for _, s := range states {
		again = m.retake(s) || again
	}
	return again
}

// retake makes what was refused what is to be done.
func (m *mover) retake(s *tableState) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.todo, s.retry = s.retry, nil
	if len(s.todo) > 0 {
		s.streamed = false
	}
	return len(s.todo) > 0
}

// streamAll shares the tables among the readers.
func (m *mover) streamAll(ctx context.Context, states []*tableState) error {
	queue := make(chan *tableState, len(states))
	for _, s := range states {
		queue <- s
	}
	close(queue)
	failed := make([]error, len(m.run.view.readers))
	var readers sync.WaitGroup
	for i, r := range m.run.view.readers {
		readers.Go(func() {
			for s := range queue {
				if failed[i] = m.stream(ctx, r, s); failed[i] != nil {
					m.cancel(failed[i])
					return
				}
			}
		})
	}
	readers.Wait()
	return errors.Join(failed...)
}

// stream feeds the spans of a table that are to be done. The table's metadata lock
// is given back after it, the view of the moment stays.
func (m *mover) stream(ctx context.Context, r *reader, s *tableState) error {
	if len(s.todo) > 0 {
		if _, err := r.conn.ExecContext(ctx, "SAVEPOINT shakedown"); err != nil {
			return explain(err, m.run.from)
		}
		for _, t := range s.todo {
			if err := m.span(ctx, r, s, t); err != nil {
				return err
			}
		}
		if _, err := r.conn.ExecContext(ctx, "ROLLBACK TO SAVEPOINT shakedown"); err != nil {
			return explain(err, m.run.from)
		}
	}
	s.mu.Lock()
	s.streamed = true
	s.mu.Unlock()
	m.finishIfDone(ctx, s)
	return nil
}

func (m *mover) span(ctx context.Context, r *reader, s *tableState, t todo) error {
	f := newFeeder(s.plan, t, m.pool, s.plan.transforms(m.run.job.Mask))
	f.out.start = func(ctx context.Context, c *chunk) error { return m.start(ctx, s, c) }
	f.out.pace, f.out.size = m.pace, m.chunk
	err := r.stream(ctx, s.plan.selectRows(t.span), f)
	if err == nil {
		err = f.finish(ctx)
	}
	if err != nil {
		f.out.abort(err)
		return explain(fmt.Errorf("read table %s: %w", s.plan.table.id(), err), m.run.from)
	}
	return nil
}

// start hands a chunk to the next loader that is idle.
func (m *mover) start(ctx context.Context, s *tableState, c *chunk) error {
	var l *loader
	select {
	case l = <-m.idle:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.mu.Lock()
	s.pending++
	s.mu.Unlock()
	m.loads.Go(func() {
		err := l.load(ctx, c)
		m.idle <- l
		m.loaded(ctx, s, c, err)
	})
	return nil
}

// loaded keeps account of a chunk.
func (m *mover) loaded(ctx context.Context, s *tableState, c *chunk, err error) {
	s.mu.Lock()
	s.pending--
	switch {
	case err == nil:
		s.account(c)
	case retryable(err) && c.err == nil && s.plan.key != nil:
		s.retry = append(s.retry, todo{c.span, c.number, stepChunk})
	case c.err == nil: // else the reader reports it
		m.cancel(explain(err, m.run.to))
	}
	s.mu.Unlock()
	if err != nil {
		return
	}
	m.run.observer.Add(s.plan.table.id(), c.source.Items, s.plan.table.rows, c.bytes)
	m.run.observer.Reached("chunk")
	m.finishIfDone(ctx, s)
}

func (s *tableState) account(c *chunk) {
	s.done = append(s.done, spanSum{span: c.span, number: c.number, source: c.source})
	s.copied += c.source.Items
	s.bytes += c.bytes
	if s.masked == nil {
		s.masked = make([]int64, len(c.masked))
	}
	for i, n := range c.masked {
		s.masked[i] += n
	}
}

// finishIfDone adds the indexes and compares, once all rows are in.
func (m *mover) finishIfDone(ctx context.Context, s *tableState) {
	s.mu.Lock()
	ready := s.streamed && s.pending == 0 && len(s.retry) == 0 && !s.finished
	s.finished = s.finished || ready
	s.mu.Unlock()
	if !ready {
		return
	}
	m.wg.Go(func() {
		select {
		case m.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		defer func() { <-m.slots }()
		if err := m.finish(ctx, s); err != nil {
			m.cancel(explain(err, m.run.to))
		}
	})
}

// finish adds the indexes of a table and compares it at the same time: one keeps
// one processor of the target busy, the other another.
func (m *mover) finish(ctx context.Context, s *tableState) error {
	var indexes error
	var wg sync.WaitGroup
	wg.Go(func() { indexes = m.indexes(ctx, s) })
	workers := 1
	if len(s.plan.table.deferred()) == 0 || m.run.options.keepIndexes {
		workers = m.run.loaders()
	}
	compared := compareTarget(ctx, m.run.target, s, workers)
	wg.Wait()
	m.run.observer.Reached("table")
	return errors.Join(indexes, compared)
}

func (m *mover) indexes(ctx context.Context, s *tableState) error {
	conn, err := m.run.target.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return finishTable(ctx, conn, s.plan.table, m.run.options)
}
