package mysql

import (
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

// begin starts a large value. It is held only where it must be: for masking, and
// for keys.
func (f *feeder) begin(size uint64) error {
	i := f.at
	f.big = bigCell{column: i, hold: f.hashes != nil || i < len(f.plan.columns) && f.keyAt[i] >= 0}
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
	switch {
	case f.plan.insert && size >= bigLiteral:
		return f.beginPieces(i)
	case f.plan.insert:
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

// beginPieces writes the variable in the place of the value, and empties it.
func (f *feeder) beginPieces(i int) error {
	f.big.pieces = true
	f.variables++
	name := "@shakedown" + strconv.Itoa(f.variables)
	if f.binary[i] {
		f.buf = append(f.buf, name...)
	} else {
		f.buf = append(f.buf, "CONVERT("+name+" USING utf8mb4)"...)
	}
	return f.ahead([]byte("SET "+name+"=X''"), nil)
}

// ahead hands a statement to the loader before the one that is being written.
func (f *feeder) ahead(text, value []byte) error {
	held, rows := f.buf, f.rows
	if err := f.block(); err != nil {
		f.buf, f.rows = held, rows
		return err
	}
	f.buf = append(f.buf, text...)
	if value != nil {
		f.buf = append(hex.AppendEncode(f.buf, value), "')"...)
	}
	f.rows = 0 // what follows the rows of an INSERT does not follow this
	f.cur.bytes += int64(len(f.buf))
	err := f.flush()
	f.buf, f.rows = held, rows
	return err
}

// part appends some of the value.
func (f *feeder) part(value []byte) error {
	switch {
	case f.big.hold:
		f.big.held = append(f.big.held, value...)
		return nil
	case f.big.pieces:
		name := "@shakedown" + strconv.Itoa(f.variables)
		return f.ahead([]byte("SET "+name+"=CONCAT("+name+",X'"), value)
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
	switch {
	case f.big.hold:
		return f.cell(f.big.held)
	case f.big.pieces:
	case f.plan.insert:
		f.buf = append(f.buf, '\'')
	}
	return nil
}

// forgetPieces gives the target the room of the variables back, after their INSERT.
func (f *feeder) forgetPieces() error {
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
	return f.ahead(text, nil)
}
