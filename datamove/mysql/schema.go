package mysql

import (
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// table is a base table as information_schema and SHOW CREATE TABLE describe it.
type table struct {
	database, name string
	engine         string
	collation      string
	// rows, dataBytes and indexBytes are estimates of the server.
	rows, dataBytes, indexBytes int64
	columns                     []column
	indexes                     []index
	foreign                     []foreignKey
	partitions                  []partition
	// referenced are the columns that foreign keys of any table lean on.
	referenced [][]string
	// siblings says whether the table's database holds something of the name.
	siblings func(name string) bool
	// autoIncrement is the next value, 0 without an AUTO_INCREMENT column.
	autoIncrement uint64
	// versioned tables keep history (WITH SYSTEM VERSIONING).
	versioned bool
	comment   string
	// create is the text of SHOW CREATE TABLE.
	create string
}

// column is one column in its order.
type column struct {
	name string
	// dataType is the bare word in lower case: "varchar". columnType has all of it:
	// "varchar(20)", "int(10) unsigned", "enum('a','b')".
	dataType, columnType string
	// charset and collation are empty for what is not text.
	charset, collation string
	nullable           bool
	autoIncrement      bool
	invisible          bool
	// generated columns take no values: VIRTUAL, STORED, and ROW START and ROW END.
	generated bool
	// stored is set for generated columns whose values lie in the row.
	stored bool
	// fallback is the DEFAULT as the server writes it; hasDefault is false where there is none.
	fallback   string
	hasDefault bool
	extra      string
	expression string
	comment    string
}

// index is one key of a table, the primary one included.
type index struct {
	name    string
	unique  bool
	kind    string // BTREE, HASH, RTREE, FULLTEXT, SPATIAL, ...
	parts   []indexPart
	comment string
	// ignored: IGNORED of MariaDB, INVISIBLE of MySQL.
	ignored bool
}

// indexPart is a column of an index.
type indexPart struct {
	column     string
	expression string // functional key part of MySQL; column is empty then
	prefix     int    // in characters, 0 for the whole column
	descending bool
	nullable   bool
}

// foreignKey is a constraint of the table on another one.
type foreignKey struct {
	name               string
	columns            []string
	refDatabase        string
	refTable           string
	refColumns         []string
	onUpdate, onDelete string
	// copied says that the other table is one of the schema.
	copied bool
}

// partition is one partition, or one subpartition.
type partition struct {
	name, sub       string
	method          string
	expression      string
	subMethod       string
	subExpression   string
	description     string
	position, subNo int
	rows            int64
}

// id is the table's name with its database, for messages.
func (t *table) id() string { return t.database + "." + t.name }

// quoted is the table's name with its database, for statements.
func (t *table) quoted() string { return syntax.QuoteName(t.database) + "." + syntax.QuoteName(t.name) }

// column finds a column by its name, whatever the case: column names have none.
func (t *table) column(name string) (column, bool) {
	i := slices.IndexFunc(t.columns, func(c column) bool { return strings.EqualFold(c.name, name) })
	if i < 0 {
		return column{}, false
	}
	return t.columns[i], true
}

// insertable are the columns that take values, in their order.
func (t *table) insertable() []column {
	var out []column
	for _, c := range t.columns {
		if c.insertable() {
			out = append(out, c)
		}
	}
	return out
}

// primary is the primary key, if there is one.
func (t *table) primary() (index, bool) {
	i := slices.IndexFunc(t.indexes, func(ix index) bool { return ix.name == syntax.PrimaryName })
	if i < 0 {
		return index{}, false
	}
	return t.indexes[i], true
}

// keyIndex is the index whose columns order all rows and differ in each: the primary
// key, else the first unique one without NULL. ok is false when there is none, or
// when its order is not the one that comparisons with a literal follow.
func (t *table) keyIndex() (key index, ok bool) {
	if p, has := t.primary(); has && t.orders(p) {
		return p, true
	}
	for _, ix := range t.indexes {
		if ix.unique && t.orders(ix) {
			return ix, true
		}
	}
	return index{}, false
}

// keyColumns are the columns of keyIndex; nil without one.
func (t *table) keyColumns() []column {
	key, _ := t.keyIndex()
	var out []column
	for _, p := range key.parts {
		c, _ := t.column(p.column)
		out = append(out, c)
	}
	return out
}

// orders says whether "WHERE key > literal ORDER BY key" follows the index and
// names each row once.
func (t *table) orders(ix index) bool {
	if !ix.unique || ix.kind != "BTREE" || ix.ignored {
		return false
	}
	for _, p := range ix.parts {
		c, ok := t.column(p.column)
		if !ok || c.nullable || c.generated || p.prefix > 0 || p.descending || !c.comparable() {
			return false
		}
	}
	return len(ix.parts) > 0
}

// insertable says whether the column takes values.
func (c column) insertable() bool { return !c.generated }

// isFloat says whether a plain SELECT prints too few digits: it must be read as
// CAST(... AS DOUBLE).
func (c column) isFloat() bool { return c.dataType == "float" }

// comparable says whether the order of the column is that of comparisons with a
// literal. ENUM and SET are ordered by number and compared as text; FLOAT is not
// printed as it is held, nor is text whose charset has bytes without a character.
func (c column) comparable() bool {
	switch c.dataType {
	case "enum", "set", "float", "json", "geometry", "point", "linestring", "polygon", "multipoint",
		"multilinestring", "multipolygon", "geometrycollection", "geomcollection", "vector":
		return false
	}
	return !c.lossy()
}

// lossy says whether the charset has bytes that are no characters, so that values
// need not come back from UTF-8 as they were.
func (c column) lossy() bool {
	return c.isText() && !slices.Contains([]string{"utf8mb4", "utf8mb3", "utf8", "latin1", "ascii"}, c.charset)
}

// isText says whether the values are characters in the column's charset.
func (c column) isText() bool { return c.charset != "" && c.charset != "binary" }

// isBinary says whether the values are bytes without a charset.
func (c column) isBinary() bool {
	switch c.dataType {
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit", "vector":
		return true
	}
	return c.isGeometry()
}

// isGeometry says whether the values are shapes.
func (c column) isGeometry() bool {
	switch c.dataType {
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
		"geometrycollection", "geomcollection":
		return true
	}
	return false
}
