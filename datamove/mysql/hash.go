package mysql

import (
	"crypto/sha1" //nolint:gosec // it finds accidents, no attacks, and both products have it
	"encoding/binary"
	"math/big"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove/checksum"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// A row's hash is the first 60 bits of the SHA-1 of one text that has all its
// values, and none can run into the next: between them is a byte that UTF-8 does not
// have, NULL in text is another one, and the lengths of values of any bytes come
// first, as does whether others are NULL. A range's checksum is the sum of the
// hashes: the same whatever the order, and two rows that are alike do not cancel
// out as they would with XOR.

// The bytes that no UTF-8 text has.
const (
	markNext = 0xff
	markNull = 0xfe
)

// longValue is the length above which the hash of a value stands for it, so that
// the text of a row stays below max_allowed_packet.
const longValue = 1 << 16

// hashPlan is how the hash of a table's rows is computed.
type hashPlan struct {
	columns []column
	// decoded compares text as UTF-8 and not as it is stored; the client can do that.
	decoded bool
	// masks are the names of columns whose text is decoded whatever its charset.
	masks map[string]bool
}

// decodes says whether the column's text is compared as UTF-8: not when its charset
// has bytes that are no characters.
func (h hashPlan) decodes(c column) bool {
	return h.decoded && c.isText() && (!c.lossy() || h.masks[c.name] || c.numbered())
}

// free says whether values may hold any bytes.
func (c column) free() bool {
	switch c.dataType {
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "json":
		return true
	}
	return c.isBinary()
}

// long says whether values can be longer than longValue.
func (c column) long() bool {
	switch c.dataType {
	case "mediumtext", "longtext", "mediumblob", "longblob", "json", "vector":
		return true
	}
	return c.isGeometry()
}

// numbered says whether a value has a number beside its text that matters: ENUM
// tells ” of an invalid value from ” as a member by it.
func (c column) numbered() bool { return c.dataType == "enum" || c.dataType == "set" }

// read is the expression that a SELECT has for the value, with all its digits.
func (c column) read() string {
	if c.isFloat() {
		return "CAST(" + syntax.QuoteName(c.name) + " AS DOUBLE)"
	}
	return syntax.QuoteName(c.name)
}

// utf8 says whether a value is text in UTF-8 in the hash.
func (h hashPlan) utf8(c column) bool {
	if !c.isText() || !c.free() {
		return false
	}
	return h.decodes(c) || c.charset == "utf8mb4" || c.charset == "utf8mb3" || c.charset == "utf8" || c.charset == "ascii"
}

// separator stands between values. Numbers and times alone have no bytes for it to
// be taken for.
func (h hashPlan) separator() (sql string, text byte) {
	for _, c := range h.columns {
		if c.free() {
			return "X'FF'", markNext
		}
	}
	return "','", ','
}

// bytes is the expression for the bytes of a value of any content. That of one
// value makes bytes of them all.
func (h hashPlan) bytes(c column) string { return "CAST(" + h.plain(c) + " AS BINARY)" }

// plain is the column, decoded where that changes it.
func (h hashPlan) plain(c column) string {
	if h.decodes(c) {
		return "CONVERT(" + syntax.QuoteName(c.name) + " USING utf8mb4)"
	}
	return syntax.QuoteName(c.name)
}

// row is the expression for the hash of a row.
func (h hashPlan) row() string {
	args := make([]string, 0, 2*len(h.columns)+1)
	args = append(args, "''") // CONCAT_WS wants one
	for _, c := range h.columns {
		args = h.shape(args, c)
	}
	binary := false
	for _, c := range h.columns {
		args = append(args, h.value(c, binary))
		binary = binary || c.free()
	}
	separator, _ := h.separator()
	return "CAST(CONV(LEFT(SHA1(CONCAT_WS(" + separator + "," + strings.Join(args, ",") + ")),15),16,10) AS UNSIGNED)"
}

// shape appends what tells the length of a value or that it is NULL.
func (h hashPlan) shape(args []string, c column) []string {
	switch {
	case h.utf8(c):
	case c.free() && c.nullable:
		args = append(args, "COALESCE(LENGTH("+syntax.QuoteName(c.name)+"),-1)")
	case c.free():
		args = append(args, "LENGTH("+syntax.QuoteName(c.name)+")")
	case c.nullable:
		args = append(args, syntax.QuoteName(c.name)+" IS NULL")
	}
	if c.numbered() {
		args = append(args, "COALESCE("+syntax.QuoteName(c.name)+"+0,-1)")
	}
	return args
}

// value is a value's part of the text; binary says that another one makes bytes of
// them all.
func (h hashPlan) value(c column, binary bool) string {
	value := syntax.QuoteName(c.name)
	switch {
	case !c.free():
		return c.read()
	case c.long():
		value = "IF(LENGTH(" + h.plain(c) + ")>" + strconv.Itoa(longValue) + ",SHA1(" + h.bytes(c) + ")," + h.bytes(c) + ")"
	case !binary || c.nullable || !h.utf8(c) || h.decoded:
		value = h.bytes(c)
	}
	if c.nullable && h.utf8(c) {
		return "COALESCE(" + value + ",X'FE')"
	}
	return value
}

// hashed is the sum of one row with this hash.
func hashed(hash uint64) checksum.Sum { return checksum.Sum{Items: 1, Low: hash} }

// parseSum reads what SELECT COUNT(*), SUM(hash) answers; ok is false for what is no
// sum of hashes.
func parseSum(rows int64, text string) (checksum.Sum, bool) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || n.Sign() < 0 || n.BitLen() > 120 {
		return checksum.Sum{}, false
	}
	low := new(big.Int).And(n, new(big.Int).SetUint64(^uint64(0)))
	return checksum.Sum{Items: rows, High: new(big.Int).Rsh(n, 64).Uint64(), Low: low.Uint64()}, true
}

// rowHash computes the hash of one row in the client, as the server does with
// decoded text.
type rowHash struct {
	plan   hashPlan
	next   byte
	shapes []byte
	values []byte
}

func newRowHash(p hashPlan) rowHash {
	_, next := p.separator()
	return rowHash{plan: p, next: next}
}

func (h *rowHash) reset() { h.shapes, h.values = h.shapes[:0], h.values[:0] }

// add takes the next value; number is that of an ENUM or SET.
func (h *rowHash) add(c column, value []byte, null bool, number []byte) {
	h.shape(c, value, null, number)
	switch {
	case null && h.plan.utf8(c) && c.nullable:
		h.values = append(h.values, h.next, markNull)
	case null:
	case c.long() && len(value) > longValue:
		digest := sha1.Sum(value)
		h.values = appendHex(append(h.values, h.next), digest[:])
	default:
		h.values = append(append(h.values, h.next), value...)
	}
}

// shape is that of hashPlan, in values.
func (h *rowHash) shape(c column, value []byte, null bool, number []byte) {
	switch {
	case h.plan.utf8(c):
	case c.free() && null:
		h.shapes = append(h.shapes, h.next, '-', '1')
	case c.free():
		h.shapes = strconv.AppendInt(append(h.shapes, h.next), int64(len(value)), 10)
	case c.nullable && null:
		h.shapes = append(h.shapes, h.next, '1')
	case c.nullable:
		h.shapes = append(h.shapes, h.next, '0')
	}
	if c.numbered() {
		h.shapes = append(append(h.shapes, h.next), number...)
	}
}

func (h *rowHash) sum() uint64 {
	h.shapes = append(h.shapes, h.values...)
	digest := sha1.Sum(h.shapes)
	return binary.BigEndian.Uint64(digest[:8]) >> 4
}

func appendHex(b, raw []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range raw {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}
