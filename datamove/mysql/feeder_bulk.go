package mysql

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
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

// bulkTypes are the types of the values, two bytes for each.
func (f *feeder) bulkTypes() []byte {
	types := make([]byte, 0, 2*len(f.plan.columns))
	for i, c := range f.plan.columns {
		switch {
		case f.plan.coding(c) == codedNumber, c.whole() && !f.plan.masks[c.name] && c.unsigned():
			types = append(types, typeLongLong, unsigned)
		case c.whole() && !f.plan.masks[c.name]:
			types = append(types, typeLongLong, 0)
		case f.binary[i]:
			types = append(types, typeBlob, 0)
		default:
			types = append(types, typeText, 0)
		}
	}
	return types
}

// bulkBegin leaves room for the head of the packet, which the loader completes.
func (f *feeder) bulkBegin() {
	if len(f.buf) > 0 {
		return
	}
	f.buf = append(f.buf, make([]byte, bulkHead)...)
	f.buf[packetHead] = comBulk
	f.buf[bulkHead-2] = flagTypes
	f.buf = append(f.buf, f.types...)
}

// putBulk appends a value with its length.
func (f *feeder) putBulk(i int, value []byte) error {
	switch {
	case value == nil:
		f.buf = append(f.buf, markNoValue)
	case f.types[2*i] == typeLongLong:
		n, err := wholeNumber(value, f.types[2*i+1] == unsigned)
		if err != nil {
			return fmt.Errorf("column %s of table %s: %w", f.plan.columns[i].name, f.plan.table.id(), errWire)
		}
		f.buf = binary.LittleEndian.AppendUint64(append(f.buf, markValue), n)
	default:
		f.buf = append(appendLength(append(f.buf, markValue), len(value)), value...)
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

// appendLength appends a length-encoded integer.
func appendLength(dst []byte, n int) []byte {
	switch {
	case n < cellNull:
		return append(dst, byte(n))
	case n < 1<<16:
		return append(dst, 0xfc, byte(n), byte(n>>8))
	case n < 1<<24:
		return append(dst, 0xfd, byte(n), byte(n>>8), byte(n>>16))
	}
	return binary.LittleEndian.AppendUint64(append(dst, 0xfe), uint64(n))
}
