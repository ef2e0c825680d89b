package mysql

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
)

// bigCell is a value that comes in parts.
type bigCell struct {
	column int
	held   []byte
	hold   bool
	// pieces is set for a value that goes ahead of its INSERT.
	pieces bool
}

// bigLiteral is the size from which a value goes ahead of its INSERT, in pieces that a
// variable of the session collects: a statement is held as a whole, and more than once.
const bigLiteral = 1 << 20

// Begin starts a large value. It is held only where it must be: for masking, and
// for keys.
func (f *feeder) Begin(ctx context.Context, size uint64) error {
	i := f.at
	f.big = bigCell{column: i, hold: f.masks != nil || f.plan.bulk || i < len(f.plan.columns) && f.lay.keyAt[i] >= 0}
	if i >= len(f.plan.columns) {
		return fmt.Errorf("table %s: a hash of %d bytes", f.plan.table.id(), size)
	}
	if f.big.hold {
		return nil
	}
	f.at++
	if i == 0 {
		if err := f.out.open(ctx); err != nil {
			return err
		}
	}
	if err := f.out.room(ctx, fieldPiece); err != nil {
		return err
	}
	f.before(i)
	switch {
	case f.plan.insert && size >= bigLiteral:
		return f.beginPieces(ctx, i)
	case f.plan.insert:
		f.out.buf = append(f.out.buf, f.opening(i)...)
	}
	return nil
}

// opening starts a literal whose bytes follow.
func (f *feeder) opening(i int) string {
	if f.lay.binary[i] {
		return "X'"
	}
	return "'"
}

// beginPieces writes the variable in the place of the value, and empties it.
func (f *feeder) beginPieces(ctx context.Context, i int) error {
	f.big.pieces = true
	f.variables++
	name := "@shakedown" + strconv.Itoa(f.variables)
	if f.lay.binary[i] {
		f.out.buf = append(f.out.buf, name...)
	} else {
		f.out.buf = append(f.out.buf, "CONVERT("+name+" USING utf8mb4)"...)
	}
	return f.ahead(ctx, []byte("SET "+name+"=X''"), nil)
}

// ahead hands a statement to the loader before the one that is being written.
func (f *feeder) ahead(ctx context.Context, text, value []byte) error {
	held, rows := f.out.buf, f.out.rows
	if err := f.out.block(ctx); err != nil {
		f.out.buf, f.out.rows = held, rows
		return err
	}
	f.out.buf = append(f.out.buf, text...)
	if value != nil {
		f.out.buf = append(hex.AppendEncode(f.out.buf, value), "')"...)
	}
	f.out.rows = 0 // what follows the rows of an INSERT does not follow this
	f.out.cur.bytes += int64(len(f.out.buf))
	err := f.out.flush(ctx)
	f.out.buf, f.out.rows = held, rows
	return err
}

// Part appends some of the value.
func (f *feeder) Part(ctx context.Context, value []byte) error {
	switch {
	case f.big.hold:
		f.big.held = append(f.big.held, value...)
		return nil
	case f.big.pieces:
		name := "@shakedown" + strconv.Itoa(f.variables)
		return f.ahead(ctx, []byte("SET "+name+"=CONCAT("+name+",X'"), value)
	case f.plan.insert && f.lay.binary[f.big.column]:
		f.out.buf = hex.AppendEncode(f.out.buf, value)
		return nil
	case f.plan.insert:
		quoted := appendQuoted(nil, value, false)
		f.out.buf = append(f.out.buf, quoted[1:len(quoted)-1]...)
		return nil
	}
	return f.raw(ctx, value)
}

// End ends the value.
func (f *feeder) End(ctx context.Context) error {
	switch {
	case f.big.hold:
		return f.Cell(ctx, f.big.held)
	case f.big.pieces:
	case f.plan.insert:
		f.out.buf = append(f.out.buf, '\'')
	}
	return nil
}

// forgetPieces gives the target the room of the variables back, after their INSERT.
func (f *feeder) forgetPieces(ctx context.Context) error {
	if f.variables == 0 {
		return nil
	}
	text := []byte("SET ")
	for i := range f.variables {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, "@shakedown"+strconv.Itoa(i+1)+"=NULL"...)
	}
	f.variables = 0
	return f.ahead(ctx, text, nil)
}
