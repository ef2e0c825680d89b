package mysql

import (
	"context"

	"github.com/shakedown-dev/shakedown/datamove/checksum"
)

// Sizes of what is under way. A loader holds at most the blocks of the pool.
const (
	blockSize   = 256 << 10
	fieldPiece  = blockSize / 8
	chunkSize   = 8 << 20
	insertBlock = 1 << 20
)

// chunk is a span of rows on its way to the target.
type chunk struct {
	plan   *tablePlan
	number int64
	span   span
	// blocks are the rows, encoded; closed when the last is in.
	blocks chan []byte
	// after is closed when the chunk before has been loaded, loaded when this one is.
	after, loaded chan struct{}
	// The rest is set before blocks is closed.
	source checksum.Sum
	bytes  int64
	err    error
	masked []int64
	last   bool // nothing of the table follows it
}

// chunker divides the encoded rows of one span into chunks, and these into blocks, which
// it hands to loaders.
type chunker struct {
	plan  *tablePlan
	pool  *pool
	start func(ctx context.Context, c *chunk) error // hands a new chunk to a loader
	// pace, which may be nil, holds the reading up as the throttle wants.
	pace pacing
	size int64 // bytes that make a chunk

	low, until   bound
	number, step int64         // of the next chunk
	done         chan struct{} // the loaded of the chunk before

	cur  *chunk // nil between chunks
	buf  []byte // the block that is filled
	rows int    // in buf
}

// newChunker begins at the low end of what is to be done.
func newChunker(p *tablePlan, t todo, o *pool) chunker {
	c := chunker{plan: p, pool: o, low: t.span.low, until: t.span.high, number: t.first, step: t.step, done: make(chan struct{})}
	close(c.done)
	return c
}

// open begins a chunk if there is none.
func (c *chunker) open(ctx context.Context) error {
	if c.cur != nil {
		return nil
	}
	next := &chunk{
		plan: c.plan, number: c.number, span: span{low: c.low}, blocks: make(chan []byte, c.pool.size),
		loaded: make(chan struct{}), masked: make([]int64, len(c.plan.columns)),
	}
	c.number += c.step
	if c.plan.serial {
		next.after = c.done
	}
	if err := c.start(ctx, next); err != nil {
		return err
	}
	c.cur, c.done = next, next.loaded
	return c.block(ctx)
}

// block gets an empty block.
func (c *chunker) block(ctx context.Context) (err error) {
	c.buf, err = c.pool.get(ctx)
	c.rows = 0
	return err
}

// flush hands the block to the loader.
func (c *chunker) flush(ctx context.Context) error {
	if c.rows > 0 && c.plan.insert {
		c.buf = append(c.buf, c.plan.insertTail()...)
	}
	if c.pace != nil {
		if err := c.pace(ctx, len(c.buf)); err != nil {
			return err
		}
	}
	select {
	case c.cur.blocks <- c.buf:
		c.buf = nil
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// room makes sure that a value fits into the block.
func (c *chunker) room(ctx context.Context, n int) error {
	if c.plan.insert || len(c.buf)+n <= cap(c.buf) || len(c.buf) == 0 {
		return nil
	}
	c.cur.bytes += int64(len(c.buf))
	if err := c.flush(ctx); err != nil {
		return err
	}
	return c.block(ctx)
}

// full says whether the chunk is large enough.
func (c *chunker) full() bool { return c.cur.bytes+int64(len(c.buf)) >= c.size }

// end ends the chunk at a bound; the next one begins there.
func (c *chunker) end(ctx context.Context, high bound, last bool) error {
	cur := c.cur
	cur.span.high, cur.last = high, last
	cur.bytes += int64(len(c.buf))
	if len(c.buf) > 0 {
		if err := c.flush(ctx); err != nil {
			return err
		}
	} else {
		c.pool.put(c.buf)
	}
	c.low, c.cur, c.buf = high, nil, nil
	close(cur.blocks)
	return nil
}

// abort lets the loader know that the rows end too early.
func (c *chunker) abort(err error) {
	if c.cur == nil {
		return
	}
	c.cur.err = err
	if c.buf != nil {
		c.pool.put(c.buf)
	}
	close(c.cur.blocks)
	c.cur, c.buf = nil, nil
}
