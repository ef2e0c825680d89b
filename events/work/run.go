package work

import (
	"context"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Handler works on a row under its claim. nil ends the row, as Claim.End does; an
// error gives it back to be tried again. When ctx ends it must return soon; the
// cause says why (ErrLost, ErrSuperseded, or the server stops). It may go on for a
// moment to mend what must not stay: the lease is renewed until it has returned.
type Handler[T any] func(ctx context.Context, c *Claim[T]) error

// watchPause is the wait before a bucket that could not be watched is tried again.
const watchPause = time.Second

// Run hands rows to the handler until ctx ends, and returns when no handler runs
// any more. It is called once.
func (q *Queue[T]) Run(ctx context.Context, handle Handler[T]) {
	d := &dispatcher[T]{
		queue: q, handle: handle, feed: make(chan events.Entry), over: make(chan done[T]),
		claims: map[string]*Claim[T]{}, floor: map[string]uint64{},
		board: board[T]{
			owner: q.deps.Owner, parallel: q.cfg.Parallel, turns: q.cfg.Turns,
			rows: map[string]seen[T]{}, working: map[string]bool{},
		},
	}
	var watching sync.WaitGroup
	watching.Go(func() { d.watch(ctx) })
	d.run(ctx)
	watching.Wait()
}

// dispatcher is the one goroutine that decides which rows are claimed.
type dispatcher[T any] struct {
	queue  *Queue[T]
	handle Handler[T]
	board  board[T]
	feed   chan events.Entry
	over   chan done[T]
	// claims are those of the handlers that run.
	mu     sync.Mutex
	claims map[string]*Claim[T]
	// floor is the last revision of a row that is gone, until the watch shows more of
	// its key: what it shows up to there is old.
	floor map[string]uint64
}

// done says that the work on a row, known by its key, is over here, and what this
// process knows of the row now.
type done[T any] struct {
	key string
	row Row[T]
	rev uint64
	// gone says that the row is not as it was at rev any more, or has left.
	gone bool
}

func (d *dispatcher[T]) watch(ctx context.Context) {
	for ctx.Err() == nil {
		err := d.queue.rows.kv.Watch(ctx, func(e events.Entry) bool {
			select {
			case d.feed <- e:
				return true
			case <-ctx.Done():
				return false
			}
		}, func() {})
		if err != nil && ctx.Err() == nil {
			d.queue.deps.Log.Warn("the queue cannot be watched; it is tried again", "error", err)
		}
		events.Wait(ctx, watchPause)
	}
}

func (d *dispatcher[T]) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil || len(d.board.working) > 0 {
		d.queue.cfg.Load(len(d.board.rows), len(d.board.working))
		now := d.queue.deps.Now()
		if ctx.Err() == nil {
			start, again := d.board.next(now)
			for _, key := range start {
				d.start(ctx, key)
			}
			timer.Reset(wait(now, again))
		}
		select {
		case e := <-d.feed:
			d.see(e)
		case o := <-d.over:
			d.ended(o)
		case <-timer.C:
		case <-endOf(ctx, len(d.board.working)):
		}
	}
}

// wait is how long nothing is due.
func wait(now, again time.Time) time.Duration {
	if again.IsZero() {
		return time.Hour
	}
	return max(again.Sub(now), time.Millisecond)
}

// endOf is the end of ctx while that is still news.
func endOf(ctx context.Context, working int) <-chan struct{} {
	if ctx.Err() != nil && working > 0 {
		return nil
	}
	return ctx.Done()
}

// see takes in what the watch shows.
func (d *dispatcher[T]) see(e events.Entry) {
	if e.Revision <= d.floor[e.Key] {
		return
	}
	delete(d.floor, e.Key)
	old, known := d.board.rows[e.Key]
	if known && e.Revision <= old.rev {
		return
	}
	if e.Deleted {
		delete(d.board.rows, e.Key)
		return
	}
	row, err := decode[Row[T]](e.Key, e.Value)
	if err != nil {
		d.queue.deps.Log.Error("a row cannot be read; it is left alone", "key", e.Key, "error", err)
		delete(d.board.rows, e.Key)
		return
	}
	d.board.rows[e.Key] = seen[T]{row: row, rev: e.Revision, sight: old.see(row.Lease, d.queue.deps.Now())}
	d.notify(e.Key, row, e.Revision)
}

// notify lets the handler that has the row know what others did to it.
func (d *dispatcher[T]) notify(key string, row Row[T], rev uint64) {
	d.mu.Lock()
	c := d.claims[key]
	d.mu.Unlock()
	if c == nil {
		return
	}
	c.notice(row, rev)
}

// ended takes in what our own work has made of a row, before the watch shows it.
func (d *dispatcher[T]) ended(o done[T]) {
	delete(d.board.working, o.key)
	known, ok := d.board.rows[o.key]
	switch {
	case ok && known.rev > o.rev:
	case o.gone:
		delete(d.board.rows, o.key)
		if ok {
			d.floor[o.key] = o.rev
		}
	case o.rev > 0:
		d.board.rows[o.key] = seen[T]{row: o.row, rev: o.rev, sight: known.see(o.row.Lease, d.queue.deps.Now())}
	}
}
