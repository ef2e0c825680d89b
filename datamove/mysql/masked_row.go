package mysql

import (
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
)

// maskedRow is a row as it is sent, for its hash. It belongs to one goroutine.
type maskedRow struct {
	plan       *tablePlan
	transforms []datamove.Transform
	hash       rowHash
	cells      []maskedCell
	// numbers are those of the ENUM and SET columns, in their order.
	numbers [][]byte
	tmp     []byte
}

// maskedCell is a value that waits for the number of its ENUM.
type maskedCell struct {
	value []byte
	null  bool
}

func newMaskedRow(p *tablePlan, transforms []datamove.Transform) *maskedRow {
	r := &maskedRow{plan: p, transforms: transforms, hash: newRowHash(p.hash), cells: make([]maskedCell, len(p.columns))}
	for i := range r.cells {
		r.cells[i].value = []byte{} // never nil, which is NULL
	}
	return r
}

// set masks a value and keeps it. NULL stays NULL. Masked says whether there is a rule
// for it.
func (r *maskedRow) set(i int, value []byte) (out []byte, masked bool, err error) {
	null := value == nil
	if t := r.transforms[i]; t != nil && !null {
		if r.tmp, null, err = t.Mask(r.tmp[:0], value); err != nil {
			return nil, false, fmt.Errorf("mask column %s of table %s: %w", r.plan.columns[i].name, r.plan.table.id(), err)
		}
		value, masked = r.tmp, true
	}
	kept := &r.cells[i]
	kept.null, kept.value = null, append(kept.value[:0], value...)
	if null {
		return nil, masked, nil
	}
	return kept.value, masked, nil
}

// number takes the number of the next ENUM or SET.
func (r *maskedRow) number(value []byte) {
	r.numbers = append(r.numbers, append([]byte(nil), orMissing(value)...))
}

// orMissing is the number of an ENUM or SET as the hash has it: -1 for NULL.
func orMissing(number []byte) []byte {
	if number == nil {
		return []byte("-1")
	}
	return number
}

// sum is the hash of the row, which ends with it.
func (r *maskedRow) sum() uint64 {
	r.hash.reset()
	numbers := r.numbers
	for i, c := range r.plan.columns {
		var number []byte
		if c.numbered() {
			number, numbers = numbers[0], numbers[1:]
		}
		r.hash.add(c, r.plan.stored(c, r.cells[i].value), r.cells[i].null, number)
	}
	r.numbers = r.numbers[:0]
	return r.hash.sum()
}
