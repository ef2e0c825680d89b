package mysql

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove/mysql/wire"
)

// bulkFull is the size from which on a block is sent: a usual row still fits, so that
// blocks do not grow.
const bulkFull = blockSize - blockSize/8

// maxBulkRow is the most that a row may have that is sent with others in one packet.
const maxBulkRow = 2 << 20

// bulkRow is the most bytes that a row can have in a packet: a character of one byte
// may take three in UTF-8. It is more than any packet for rows that are not sent in one.
func bulkRow(t *table) int64 {
	most := 3 * (widest(t) + narrowRow)
	if most > maxBulkRow {
		return math.MaxInt64
	}
	return most
}

// bulkTypes are the types of the values.
func (p *tablePlan) bulkTypes(binary []bool) []wire.Type {
	types := make([]wire.Type, len(p.columns))
	for i, c := range p.columns {
		whole := c.whole() && !p.masks[c.name]
		switch {
		case p.coding(c) == codedNumber, whole && c.unsigned():
			types[i] = wire.Unsigned()
		case whole:
			types[i] = wire.Signed()
		case binary[i]:
			types[i] = wire.Bytes()
		default:
			types[i] = wire.Text()
		}
	}
	return types
}

// bulkBegin begins the block if it is empty.
func (f *feeder) bulkBegin() {
	if len(f.out.buf) == 0 {
		f.out.buf = wire.AppendHead(f.out.buf, f.lay.types)
	}
}

// putBulk appends a value with its length.
func (f *feeder) putBulk(i int, value []byte) error {
	kind := f.lay.types[i]
	switch {
	case value == nil:
		f.out.buf = wire.AppendNull(f.out.buf)
	case kind == wire.Signed() || kind == wire.Unsigned():
		n, err := wholeNumber(value, kind == wire.Unsigned())
		if err != nil {
			return fmt.Errorf("column %s of table %s: %w", f.plan.columns[i].name, f.plan.table.id(), wire.ErrProtocol)
		}
		f.out.buf = wire.AppendNumber(f.out.buf, n)
	default:
		f.out.buf = wire.AppendValue(f.out.buf, value)
	}
	return nil
}

// wholeNumber reads a number as the source prints it.
func wholeNumber(value []byte, unsigned bool) (uint64, error) {
	if unsigned {
		return strconv.ParseUint(string(value), 10, 64)
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	return uint64(n), err
}

// whole says whether the values are whole numbers of at most 64 bits.
func (c column) whole() bool {
	switch c.dataType {
	case "tinyint", "smallint", "mediumint", "int", "bigint":
		return true
	}
	return false
}

func (c column) unsigned() bool {
	return strings.Contains(c.columnType, "unsigned") || strings.Contains(c.columnType, "zerofill")
}
