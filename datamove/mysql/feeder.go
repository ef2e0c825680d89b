package mysql

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
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

// feeder is the sink that makes chunks of the rows of one span.
type feeder struct {
	ctx   context.Context //nolint:containedctx // a sink has no parameter for it and lives as long as one query
	plan  *tablePlan
	pool  *pool
	start func(ctx context.Context, c *chunk) error // hands a new chunk to a loader

	at     int // column of the row
	key    bound
	keyAt  []int // column -> position in key, or -1
	escape []bool
	binary []bool
	hashes *rowHash // nil: the source sends the hash
	number [][]byte

	chunk int64 // bytes that make a chunk
	low   bound
	until bound
	seq   int64 // of the next chunk
	step  int64
	buf   []byte
	rows  int // in buf, for INSERT
	cur   *chunk
	done  chan struct{} // the loaded of the chunk before
	big   bigCell
	mask  []datamove.Transform
	tmp   []byte
	// pace, which may be nil, holds the reading up as the throttle wants.
	pace func(ctx context.Context, bytes int) error
	row1 []maskedCell
	// variables are those that hold large values of the statement in buf.
	variables int
	// types are those of the values of bulk statements.
	types []byte
}

// maskedCell is a value of a row that waits for the number of its ENUM.
type maskedCell struct {
	value []byte
	null  bool
}

// newFeeder begins at the low end of what is to be done.
func newFeeder(ctx context.Context, p *tablePlan, t todo, o *pool, mask []datamove.Transform, start func(context.Context, *chunk) error) *feeder {
	f := &feeder{ctx: ctx, plan: p, pool: o, start: start, low: t.span.low, until: t.span.high, seq: t.first, step: t.step, mask: mask}
	f.key = make(bound, len(p.key))
	f.keyAt, f.escape, f.binary = make([]int, len(p.columns)), make([]bool, len(p.columns)), make([]bool, len(p.columns))
	for i, c := range p.columns {
		f.keyAt[i], f.escape[i] = -1, c.free() && p.coding(c) != codedNumber
		f.binary[i] = c.isBinary() || p.asBytes() && p.coding(c) == codedBytes
		for k, kc := range p.key {
			if kc.name == c.name {
				f.keyAt[i] = k
			}
		}
	}
	if p.masked {
		hashes := newRowHash(p.hash)
		f.hashes = &hashes
		f.row1 = make([]maskedCell, len(p.columns))
		for i := range f.row1 {
			f.row1[i].value = []byte{} // never nil, which is NULL
		}
	}
	if p.bulk {
		f.types = f.bulkTypes()
	}
	f.done = make(chan struct{})
	close(f.done)
	return f
}

// open begins a chunk if there is none.
func (f *feeder) open() error {
	if f.cur != nil {
		return nil
	}
	c := &chunk{
		plan: f.plan, number: f.seq, span: span{low: f.low}, blocks: make(chan []byte, f.pool.size),
		after: f.done, loaded: make(chan struct{}), masked: make([]int64, len(f.plan.columns)),
	}
	f.seq += f.step
	if !f.plan.serial {
		c.after = nil
	}
	if err := f.start(f.ctx, c); err != nil {
		return err
	}
	f.cur, f.done = c, c.loaded
	return f.block()
}

// block gets an empty block.
func (f *feeder) block() (err error) {
	f.buf, err = f.pool.get(f.ctx)
	f.rows = 0
	return err
}

// flush hands the block to the loader.
func (f *feeder) flush() error {
	if f.rows > 0 && f.plan.insert {
		f.buf = append(f.buf, f.plan.insertTail()...)
	}
	if f.pace != nil {
		if err := f.pace(f.ctx, len(f.buf)); err != nil {
			return err
		}
	}
	select {
	case f.cur.blocks <- f.buf:
		f.buf = nil
		return nil
	case <-f.ctx.Done():
		return context.Cause(f.ctx)
	}
}

// room makes sure that a value fits into the block.
func (f *feeder) room(n int) error {
	if f.plan.insert || len(f.buf)+n <= cap(f.buf) || len(f.buf) == 0 {
		return nil
	}
	f.cur.bytes += int64(len(f.buf))
	if err := f.flush(); err != nil {
		return err
	}
	return f.block()
}

// cell takes the next value.
func (f *feeder) cell(value []byte) error {
	i := f.at
	f.at++
	if i >= len(f.plan.columns) {
		return f.extra(value)
	}
	if i == 0 {
		if err := f.open(); err != nil {
			return err
		}
	}
	if f.hashes != nil {
		var err error
		if value, err = f.masks(i, value); err != nil {
			return err
		}
	}
	if k := f.keyAt[i]; k >= 0 {
		f.key[k] = append(f.key[k][:0], value...)
	}
	return f.put(i, value)
}

// put appends the value with what goes before it.
func (f *feeder) put(i int, value []byte) error {
	if f.plan.bulk {
		if i == 0 {
			f.bulkBegin()
		}
		return f.putBulk(i, value)
	}
	if err := f.room(2*min(len(value), fieldPiece) + 4); err != nil {
		return err
	}
	f.before(i)
	switch {
	case f.plan.insert:
		f.putLiteral(i, value)
	case value == nil:
		f.buf = append(f.buf, `\N`...)
	case !f.escape[i]:
		f.buf = append(f.buf, value...)
	default:
		return f.raw(value)
	}
	return nil
}

// raw appends the escaped bytes of a value, piece by piece.
func (f *feeder) raw(value []byte) error {
	for {
		n := min(len(value), fieldPiece)
		if err := f.room(2*n + 4); err != nil {
			return err
		}
		f.buf = appendField(f.buf, value[:n])
		if value = value[n:]; len(value) == 0 {
			return nil
		}
	}
}

func (f *feeder) putLiteral(i int, value []byte) {
	switch {
	case value == nil:
		f.buf = append(f.buf, "NULL"...)
	case f.plan.columns[i].numeric() || f.plan.coding(f.plan.columns[i]) == codedNumber:
		f.buf = append(f.buf, value...)
	default:
		f.buf = appendQuoted(f.buf, value, f.binary[i])
	}
}

// before appends what goes between values and rows.
func (f *feeder) before(i int) {
	switch {
	case i > 0 && f.plan.insert:
		f.buf = append(f.buf, ',')
	case i > 0:
		f.buf = append(f.buf, '\t')
	case f.plan.insert && f.rows == 0:
		f.buf = append(append(f.buf, f.plan.insertHead()...), '(')
	case f.plan.insert:
		f.buf = append(f.buf, ",("...)
	}
}

// extra takes what follows the values: the hash, or numbers of ENUM and SET.
func (f *feeder) extra(value []byte) error {
	if f.hashes != nil {
		f.number = append(f.number, append([]byte(nil), orMissing(value)...))
		return nil
	}
	hash, err := parseHash(f.plan, value)
	if err != nil {
		return err
	}
	f.cur.source.Add(hashed(hash))
	return nil
}

// parseHash reads the hash of a row as the source prints it.
func parseHash(p *tablePlan, value []byte) (uint64, error) {
	var hash uint64
	for _, digit := range value {
		hash = hash*10 + uint64(digit-'0')
	}
	if len(value) == 0 {
		return 0, fmt.Errorf("table %s: %w", p.table.id(), tooLargeToHash())
	}
	return hash, nil
}

// orMissing is the number of an ENUM or SET as the hash has it: -1 for NULL.
func orMissing(number []byte) []byte {
	if number == nil {
		return []byte("-1")
	}
	return number
}

// row ends a row, and the chunk when it is large enough.
func (f *feeder) row() error {
	f.at = 0
	switch {
	case f.plan.bulk:
	case f.plan.insert:
		f.buf = append(f.buf, ')')
	default:
		f.buf = append(f.buf, '\n')
	}
	f.rows++
	if f.hashes != nil {
		f.sumRow()
	}
	if f.full() {
		f.cur.bytes += int64(len(f.buf))
		if err := f.flush(); err != nil {
			return err
		}
		if err := f.block(); err != nil {
			return err
		}
		if err := f.forgetPieces(); err != nil {
			return err
		}
	}
	if f.cur.bytes+int64(len(f.buf)) >= f.chunk {
		return f.cut()
	}
	return nil
}

// full says whether the block is sent as it is.
func (f *feeder) full() bool {
	return f.plan.insert && (len(f.buf) >= insertBlock || f.variables > 0) || f.plan.bulk && len(f.buf) >= bulkFull
}

// cut ends the chunk at the row that was read last.
func (f *feeder) cut() error {
	if f.plan.key == nil {
		return f.close(nil, false)
	}
	high := make(bound, len(f.key))
	for i, part := range f.key {
		high[i] = append([]byte(nil), part...)
	}
	f.low = high
	return f.close(high, false)
}

// finish ends the span, which reaches its high end also where no row is.
func (f *feeder) finish() error {
	if err := f.open(); err != nil {
		return err
	}
	return f.close(f.until, true)
}

func (f *feeder) close(high bound, last bool) error {
	c := f.cur
	c.span.high, c.last = high, last
	c.bytes += int64(len(f.buf))
	if len(f.buf) > 0 {
		if err := f.flush(); err != nil {
			return err
		}
	} else {
		f.pool.put(f.buf)
	}
	f.cur, f.buf = nil, nil
	close(c.blocks)
	return nil
}

// abort tells the loader that the rows end too early.
func (f *feeder) abort(err error) {
	if f.cur == nil {
		return
	}
	f.cur.err = err
	if f.buf != nil {
		f.pool.put(f.buf)
	}
	close(f.cur.blocks)
	f.cur, f.buf = nil, nil
}
