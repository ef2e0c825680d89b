package mysql

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/wire"
)

// feeder is the sink that makes chunks of the rows of one span.
type feeder struct {
	plan *tablePlan
	out  chunker
	lay  layout
	// masks masks and hashes the rows; nil where the source sends the hashes.
	masks *maskedRow

	at  int // column of the row
	key bound
	big bigCell
	// variables are those that hold large values of the statement in the block.
	variables int
}

var _ wire.Sink = (*feeder)(nil)

// layout is how the values of a row are encoded, by column.
type layout struct {
	// keyAt is the position in the key, or -1.
	keyAt  []int
	escape []bool
	binary []bool
	// types are those of the values of bulk statements.
	types []wire.Type
}

func newFeeder(p *tablePlan, t todo, o *pool, transforms []datamove.Transform) *feeder {
	f := &feeder{plan: p, out: newChunker(p, t, o), lay: p.layout(), key: make(bound, len(p.key))}
	if p.masked {
		f.masks = newMaskedRow(p, transforms)
	}
	return f
}

func (p *tablePlan) layout() layout {
	n := len(p.columns)
	l := layout{keyAt: make([]int, n), escape: make([]bool, n), binary: make([]bool, n)}
	for i, c := range p.columns {
		l.keyAt[i], l.escape[i] = -1, c.free() && p.coding(c) != codedNumber
		l.binary[i] = c.isBinary() || p.asBytes() && p.coding(c) == codedBytes
		for k, kc := range p.key {
			if kc.name == c.name {
				l.keyAt[i] = k
			}
		}
	}
	if p.bulk {
		l.types = p.bulkTypes(l.binary)
	}
	return l
}

// Cell takes the next value.
func (f *feeder) Cell(ctx context.Context, value []byte) error {
	i := f.at
	f.at++
	if i >= len(f.plan.columns) {
		return f.extra(value)
	}
	if i == 0 {
		if err := f.out.open(ctx); err != nil {
			return err
		}
	}
	if f.masks != nil {
		var masked bool
		var err error
		if value, masked, err = f.masks.set(i, value); err != nil {
			return err
		}
		if masked {
			f.out.cur.masked[i]++
		}
	}
	if k := f.lay.keyAt[i]; k >= 0 {
		f.key[k] = append(f.key[k][:0], value...)
	}
	return f.put(ctx, i, value)
}

// extra takes what follows the values: the hash, or numbers of ENUM and SET.
func (f *feeder) extra(value []byte) error {
	if f.masks != nil {
		f.masks.number(value)
		return nil
	}
	hash, err := parseHash(f.plan, value)
	if err != nil {
		return err
	}
	f.out.cur.source.Add(hashed(hash))
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

// Row ends a row, and the chunk when it is large enough.
func (f *feeder) Row(ctx context.Context) error {
	f.at = 0
	f.endRow()
	f.out.rows++
	if f.masks != nil {
		f.out.cur.source.Add(hashed(f.masks.sum()))
	}
	if f.blockFull() {
		if err := f.nextBlock(ctx); err != nil {
			return err
		}
	}
	if !f.out.full() {
		return nil
	}
	return f.out.end(ctx, f.keyCopy(), false)
}

// nextBlock sends the block as it is.
func (f *feeder) nextBlock(ctx context.Context) error {
	f.out.cur.bytes += int64(len(f.out.buf))
	if err := f.out.flush(ctx); err != nil {
		return err
	}
	if err := f.out.block(ctx); err != nil {
		return err
	}
	return f.forgetPieces(ctx)
}

// blockFull says whether the block is sent as it is.
func (f *feeder) blockFull() bool {
	n := len(f.out.buf)
	return f.plan.insert && (n >= insertBlock || f.variables > 0) || f.plan.bulk && n >= bulkFull
}

// keyCopy is the key of the row that was read last, nil in a table without one.
func (f *feeder) keyCopy() bound {
	if f.plan.key == nil {
		return nil
	}
	high := make(bound, len(f.key))
	for i, part := range f.key {
		high[i] = append([]byte(nil), part...)
	}
	return high
}

// finish ends the span, which reaches its high end also where no row is.
func (f *feeder) finish(ctx context.Context) error {
	if err := f.out.open(ctx); err != nil {
		return err
	}
	return f.out.end(ctx, f.out.until, true)
}
