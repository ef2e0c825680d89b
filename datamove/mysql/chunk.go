package mysql

import (
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// bound is the key of a row as the source printed it; nil lies beyond all rows.
type bound [][]byte

// span is the rows whose keys are above low and not above high.
type span struct{ low, high bound }

// everything is the span of a whole table.
func (s span) everything() bool { return s.low == nil && s.high == nil }

// where is the condition for a span, with a leading WHERE, or nothing. Keys are
// compared by the server only, in the column's own collation.
func (s span) where(key []column) string {
	var conditions []string
	if s.low != nil {
		conditions = append(conditions, above(key, s.low))
	}
	if s.high != nil {
		conditions = append(conditions, upTo(key, s.high))
	}
	if len(conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// above is "key > b", taken apart because no server uses an index for rows that
// are compared as a whole.
func above(key []column, b bound) string { return compare(key, b, ">", ">") }

// upTo is "key <= b".
func upTo(key []column, b bound) string { return compare(key, b, "<", "<=") }

func compare(key []column, b bound, strict, last string) string {
	first := syntax.QuoteName(key[0].name)
	value := literal(key[0], b[0])
	if len(key) == 1 {
		return first + last + value
	}
	return "(" + first + strict + "=" + value + " AND (" + first + strict + value + " OR " + compare(key[1:], b[1:], strict, last) + "))"
}

// literal is the value of a key as SQL.
func literal(c column, value []byte) string {
	switch {
	case c.dataType == "bit": // it is a number in comparisons, and X'' is none
		return "0x" + hex.EncodeToString(value) + "+0"
	case c.isBinary() || c.charset == "binary":
		return "X'" + hex.EncodeToString(value) + "'"
	case c.numeric() && number(value):
		return string(value)
	}
	return syntax.QuoteText(string(value))
}

// numeric says whether values can stand in a statement as they are printed.
func (c column) numeric() bool {
	switch c.dataType {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year":
		return true
	}
	return false
}

// number says whether the text can stand in a statement as it is: digits, perhaps
// with a sign, a fraction and an exponent. An INET4 has more points than a number.
func number(value []byte) bool {
	mantissa, exponent, scientific := strings.Cut(strings.TrimPrefix(string(value), "-"), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if !digits(whole+fraction) || whole == "" {
		return false
	}
	return !scientific || digits(strings.TrimLeft(exponent, "+-")) && len(strings.TrimLeft(exponent, "+-")) >= len(exponent)-1
}

func digits(text string) bool {
	for i := range len(text) {
		if !syntax.IsDigit(text[i]) {
			return false
		}
	}
	return text != ""
}

// order is the ORDER BY of a key.
func order(key []column) string {
	names := make([]string, len(key))
	for i, c := range key {
		names[i] = syntax.QuoteName(c.name)
	}
	return " ORDER BY " + strings.Join(names, ",")
}

// String is for reports: keys are no personal data unless they are masked, and
// masked keys are no bounds.
func (s span) String() string {
	if s.everything() {
		return "all"
	}
	return s.low.String() + " .. " + s.high.String()
}

func (b bound) String() string {
	if b == nil {
		return "-"
	}
	parts := make([]string, len(b))
	for i, p := range b {
		parts[i] = printable(p)
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// printable is a value for a person: text, or hexadecimal digits.
func printable(p []byte) string {
	for _, r := range string(p) {
		if r < ' ' || r == 0x7f || r == '�' {
			return "0x" + hex.EncodeToString(p)
		}
	}
	return string(p)
}

func (b bound) equal(o bound) bool {
	if (b == nil) != (o == nil) || len(b) != len(o) {
		return false
	}
	for i := range b {
		if string(b[i]) != string(o[i]) {
			return false
		}
	}
	return true
}

// marshal is the bound as the ledger keeps it; nil for none.
func (b bound) marshal() []byte {
	if b == nil {
		return nil
	}
	out, _ := json.Marshal([][]byte(b)) // slices of bytes always can be
	return out
}

func unmarshalBound(text []byte) (bound, error) {
	if text == nil {
		return nil, nil
	}
	var b [][]byte
	err := json.Unmarshal(text, &b)
	return b, err
}
