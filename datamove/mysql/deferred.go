package mysql

import (
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// deferred are the names of the secondary indexes that are made after the rows, in
// their order. What must be there before: the key of chunks, indexes that foreign
// keys of either side lean on, those that begin with an AUTO_INCREMENT column, and
// FULLTEXT, SPATIAL and VECTOR ones, which a later ALTER would copy the table for.
func (t *table) deferred() []string {
	if t.engine != "InnoDB" || t.versioned {
		return nil
	}
	key, _ := t.keyIndex()
	var out []string
	for _, ix := range t.indexes {
		if ix.name == syntax.PrimaryName || ix.name == key.name || ix.kind != "BTREE" || t.neededEarly(ix) {
			continue
		}
		out = append(out, ix.name)
	}
	return out
}

func (t *table) neededEarly(ix index) bool {
	if c, ok := t.column(ix.parts[0].column); ok && c.autoIncrement {
		return true
	}
	for _, f := range t.foreign {
		if ix.beginsWith(f.columns) {
			return true
		}
	}
	return slices.ContainsFunc(t.referenced, ix.beginsWith)
}

// beginsWith says whether the columns are the first of the index, in any order.
func (ix index) beginsWith(columns []string) bool {
	if len(ix.parts) < len(columns) {
		return false
	}
	for _, p := range ix.parts[:len(columns)] {
		if !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, p.column) }) {
			return false
		}
	}
	return true
}
