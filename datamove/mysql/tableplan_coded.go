package mysql

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// coding is how a column's values travel.
type coding int

const (
	// codedText: as the server prints and reads them, in UTF-8.
	codedText coding = iota
	// codedBytes: the stored bytes, because the charset has bytes that are no
	// characters and would not come back from UTF-8, or because it is not proven that
	// the target's LOAD DATA takes any bytes.
	codedBytes
	// codedNumber: the number of an ENUM or SET, because its text does not tell an
	// invalid value from the member ” and need not come back from UTF-8 either.
	codedNumber
)

// coding of a column. Keys travel as text, since they bound chunks as well, and so
// does what is masked. Members travel as text in masked tables: their numbers are
// only for the hash there.
func (p *tablePlan) coding(c column) coding {
	switch {
	case p.masks[c.name] || p.masked && c.numbered() || slices.ContainsFunc(p.key, func(k column) bool { return k.name == c.name }):
		return codedText
	case c.numbered():
		return codedNumber
	case c.lossy(), p.hexed && c.isBinary() && c.dataType != "bit":
		return codedBytes
	}
	return codedText
}

// read is what is selected for a column.
func (p *tablePlan) read(c column) string {
	switch p.coding(c) {
	case codedNumber:
		return syntax.QuoteName(c.name) + "+0"
	case codedBytes:
		if p.asBytes() {
			return "CAST(" + syntax.QuoteName(c.name) + " AS BINARY)"
		}
		return "HEX(" + syntax.QuoteName(c.name) + ")"
	default:
		if p.parsed {
			return c.printed(c.read())
		}
		return c.read()
	}
}

// stored is the value whose bytes are hashed: what travels as digits is those bytes.
func (p *tablePlan) stored(c column, value []byte) []byte {
	if p.asBytes() || p.coding(c) != codedBytes {
		return value
	}
	raw, err := hex.AppendDecode(nil, value)
	if err != nil {
		return value // the hash will not be that of the target
	}
	return raw
}

// loadColumns is the list of columns for LOAD DATA and what it sets of those that do
// not come as text.
func (p *tablePlan) loadColumns() string {
	names, sets := make([]string, len(p.columns)), []string{}
	for i, c := range p.columns {
		names[i] = syntax.QuoteName(c.name)
		variable := "@c" + strconv.Itoa(i)
		switch p.coding(c) {
		case codedNumber:
			sets = append(sets, names[i]+"=CAST("+variable+" AS UNSIGNED)")
		case codedBytes:
			sets = append(sets, names[i]+"=UNHEX("+variable+")")
		default:
			continue
		}
		names[i] = variable
	}
	list := "(" + strings.Join(names, ",") + ")"
	if len(sets) > 0 {
		list += " SET " + strings.Join(sets, ",")
	}
	return list
}
