package mysql

import (
	"crypto/sha1" //nolint:gosec // it tells accidents apart, and both products have it
	"encoding/binary"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// A row's hash is the first 60 bits of the SHA-1 of one text that has all its
// values: what each is made of cannot run into the next, because the lengths of
// those of any content come first, and NULL is a length of -1 or a flag of its own.
// A range's checksum is the sum of the hashes: the same whatever the order, and
// two rows that are alike do not cancel out as they would with XOR.

// longValue is the length above which the hash of a value stands for it, so that
// the text of a row stays below max_allowed_packet.
const longValue = 1 << 16

// hashPlan is how the hash of a table's rows is computed.
type hashPlan struct {
	columns []column
	// decoded compares text as UTF-8 and not as it is stored; the client can do that.
	decoded bool
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
		return "CAST(" + quoteName(c.name) + " AS DOUBLE)"
	}
	return quoteName(c.name)
}

// bytes is the expression for the bytes of a value of any content.
func (h hashPlan) bytes(c column) string {
	if h.decoded && c.isText() {
		return "CONVERT(" + quoteName(c.name) + " USING utf8mb4)"
	}
	return "CAST(" + quoteName(c.name) + " AS BINARY)"
}

// row is the expression for the hash of a row.
func (h hashPlan) row() string {
	args := make([]string, 0, 2*len(h.columns)+1)
	args = append(args, "''") // CONCAT_WS wants one
	for _, c := range h.columns {
		args = h.shape(args, c)
	}
	for _, c := range h.columns {
		args = append(args, h.value(c))
	}
	return "CAST(CONV(LEFT(SHA1(CONCAT_WS(','," + strings.Join(args, ",") + ")),15),16,10) AS UNSIGNED)"
}

// shape appends what tells the length of a value or that it is NULL.
func (h hashPlan) shape(args []string, c column) []string {
	switch {
	case c.free() && c.nullable:
		args = append(args, "COALESCE(LENGTH("+h.plain(c)+"),-1)")
	case c.free():
		args = append(args, "LENGTH("+h.plain(c)+")")
	case c.nullable:
		args = append(args, quoteName(c.name)+" IS NULL")
	}
	if c.numbered() {
		args = append(args, "COALESCE("+quoteName(c.name)+"+0,-1)")
	}
	return args
}

// plain is the column, decoded where that changes its length.
func (h hashPlan) plain(c column) string {
	if h.decoded && c.isText() {
		return h.bytes(c)
	}
	return quoteName(c.name)
}

func (h hashPlan) value(c column) string {
	switch {
	case c.long():
		return "IF(LENGTH(" + h.plain(c) + ")>" + strconv.Itoa(longValue) + ",SHA1(" + h.bytes(c) + ")," + h.bytes(c) + ")"
	case c.free():
		return h.bytes(c)
	}
	return c.read()
}

// sum is a count of rows and the sum of their hashes.
type sum struct {
	rows   int64
	hi, lo uint64
}

func (s *sum) add(hash uint64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, hash, 0)
	s.hi += carry
	s.rows++
}

func (s *sum) join(o sum) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, o.lo, 0)
	s.hi += o.hi + carry
	s.rows += o.rows
}

// checksum is the sum in hexadecimal digits.
func (s sum) checksum() string {
	return new(big.Int).Or(new(big.Int).Lsh(new(big.Int).SetUint64(s.hi), 64), new(big.Int).SetUint64(s.lo)).Text(16)
}

// parseSum reads what SELECT COUNT(*), SUM(hash) answers.
func parseSum(rows int64, text string) (sum, bool) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || n.Sign() < 0 || n.BitLen() > 128 {
		return sum{}, false
	}
	low := new(big.Int).And(n, new(big.Int).SetUint64(^uint64(0)))
	return sum{rows: rows, hi: new(big.Int).Rsh(n, 64).Uint64(), lo: low.Uint64()}, true
}

// rowHash computes the hash of one row in the client, as the server does with
// decoded text.
type rowHash struct {
	plan   hashPlan
	shapes []byte
	values []byte
}

func (h *rowHash) reset() { h.shapes, h.values = h.shapes[:0], h.values[:0] }

// add takes the next value; number is that of an ENUM or SET.
func (h *rowHash) add(c column, value []byte, null bool, number []byte) {
	switch {
	case c.free() && null:
		h.shapes = append(h.shapes, ",-1"...)
	case c.free():
		h.shapes = strconv.AppendInt(append(h.shapes, ','), int64(len(value)), 10)
	case c.nullable && null:
		h.shapes = append(h.shapes, ",1"...)
	case c.nullable:
		h.shapes = append(h.shapes, ",0"...)
	}
	if c.numbered() {
		h.shapes = append(append(h.shapes, ','), number...)
	}
	if null {
		return
	}
	h.values = append(h.values, ',')
	if c.long() && len(value) > longValue {
		digest := sha1.Sum(value)
		h.values = appendHex(h.values, digest[:])
		return
	}
	h.values = append(h.values, value...)
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
