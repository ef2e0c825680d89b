package mysql

import (
	"encoding/hex"
	"fmt"
)

// bigCell is a value that comes in parts.
type bigCell struct {
	column int
	held   []byte
	hold   bool
}

// begin starts a large value. It is held only where it must be: for masking, and
// for INSERT, whose statement holds it anyway.
func (f *feeder) begin(size uint64) error {
	i := f.at
	f.big = bigCell{column: i, hold: f.hashes != nil || f.plan.bulk || i < len(f.plan.columns) && f.keyAt[i] >= 0}
	if i >= len(f.plan.columns) {
		return fmt.Errorf("table %s: a hash of %d bytes", f.plan.table.id(), size)
	}
	if f.big.hold {
		return nil
	}
	f.at++
	if i == 0 {
		if err := f.open(); err != nil {
			return err
		}
	}
	if err := f.room(fieldPiece); err != nil {
		return err
	}
	f.before(i)
	if f.plan.insert {
		f.buf = append(f.buf, f.opening(i)...)
	}
	return nil
}

// opening starts a literal whose bytes follow.
func (f *feeder) opening(i int) string {
	if f.binary[i] {
		return "X'"
	}
	return "'"
}

// part appends some of the value.
func (f *feeder) part(value []byte) error {
	switch {
	case f.big.hold:
		f.big.held = append(f.big.held, value...)
		return nil
	case f.plan.insert && f.binary[f.big.column]:
		f.buf = hex.AppendEncode(f.buf, value)
		return nil
	case f.plan.insert:
		quoted := appendQuoted(nil, value, false)
		f.buf = append(f.buf, quoted[1:len(quoted)-1]...)
		return nil
	}
	return f.raw(value)
}

// end ends the value.
func (f *feeder) end() error {
	if f.big.hold {
		return f.cell(f.big.held)
	}
	if f.plan.insert {
		f.buf = append(f.buf, '\'')
	}
	return nil
}
