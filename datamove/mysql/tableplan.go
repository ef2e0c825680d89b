package mysql

import (
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// tablePlan is how the rows of one table are moved and compared.
type tablePlan struct {
	table *table
	// target is the quoted name of the table that is written to.
	target string
	// columns take values, in their order.
	columns []column
	// key orders and bounds the chunks; nil means one stream.
	key []column
	// keyName is the index that the key belongs to.
	keyName string
	// masked is set when a column is; hashes are then computed in the client.
	masked bool
	// masks are the names of the columns that are.
	masks map[string]bool
	hash  hashPlan
	// insert writes by INSERT, bulk by INSERT with the values beside the statement;
	// else by LOAD DATA.
	insert, bulk bool
	// merge writes over rows with the same key.
	merge bool
	// charset is what LOAD DATA is given: "binary" saves the server a decoding.
	charset string
	// serial lets the loads of chunks follow each other: the server would let them
	// wait for each other, in whatever order.
	serial bool
	// hexed lets bytes travel as hexadecimal digits, to a MySQL.
	hexed bool
	// parsed is set where the driver reads the rows, which makes numbers of digits.
	parsed bool
	// where restricts the rows of the source, for a subset; without "WHERE".
	where string
}

// ways are what the target takes beside INSERT.
type ways struct {
	// local is LOAD DATA LOCAL.
	local bool
	// bulk is the largest packet of bulk statements, 0 where there are none.
	bulk int64
}

// newTablePlan decides how a table is moved.
func newTablePlan(t *table, o ddlOptions, j datamove.Job, w ways) *tablePlan {
	p := &tablePlan{table: t, target: o.targetTable(t), columns: t.insertable(), charset: "utf8mb4"}
	p.merge = j.Store.Existing == datamove.ExistingMerge
	p.bulk = !p.merge && bulkRow(t) <= w.bulk-blockSize
	p.insert = !p.bulk && (!w.local || p.merge)
	p.hexed = !o.to.mariaDB
	p.masks = map[string]bool{}
	for i, transform := range p.transforms(j.Mask) {
		p.masked = p.masked || transform != nil
		p.masks[p.columns[i].name] = transform != nil
	}
	p.hash = hashPlan{columns: p.columns, decoded: p.masked, masks: p.masks}
	p.key = p.keyOf(o, j.Mask)
	if !slices.ContainsFunc(p.columns, func(c column) bool { return p.coding(c) == codedText && !c.loadsAsBytes() }) {
		p.charset = "binary"
	}
	if ix, ok := t.keyIndex(); ok {
		p.keyName = ix.name
	}
	p.serial = p.merge || p.contended()
	return p
}

// transforms are new ones for each call: a Transform serves one goroutine.
func (p *tablePlan) transforms(m datamove.Masker) []datamove.Transform {
	out := make([]datamove.Transform, len(p.columns))
	if m == nil {
		return out
	}
	for i, c := range p.columns {
		out[i] = m.Column(p.table.database, p.table.name, c.name)
	}
	return out
}

// keyOf is nil for a table without a key, and for one whose key is masked or gets
// another collation: its bounds would not be those of the target.
func (p *tablePlan) keyOf(o ddlOptions, m datamove.Masker) []column {
	key := p.table.keyColumns()
	for _, c := range key {
		if o.collation(c.collation) != c.collation {
			return nil
		}
		if m != nil && m.Column(p.table.database, p.table.name, c.name) != nil {
			return nil
		}
	}
	return key
}

// contended says whether loads into the table at the same time wait for each other:
// for the AUTO_INCREMENT lock, or for each other's unique values. Bulk statements do
// not take that lock, and two of them at once are not faster than one.
func (p *tablePlan) contended() bool {
	if p.key == nil || !strings.EqualFold(p.table.engine, "InnoDB") {
		return true
	}
	if slices.ContainsFunc(p.columns, func(c column) bool { return c.autoIncrement }) {
		return true
	}
	return slices.ContainsFunc(p.table.indexes, func(ix index) bool { return ix.unique && ix.name != p.keyName })
}

// loadsAsBytes says whether LOAD DATA with CHARACTER SET binary stores the same as
// with utf8mb4: it does for numbers, times, bytes, and text that is UTF-8 itself.
// It does not for ENUM in latin1, UUID and INET6, which take bytes for their own form.
func (c column) loadsAsBytes() bool {
	switch c.dataType {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double",
		"date", "time", "datetime", "timestamp", "year",
		"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return true
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext":
		return c.charset == "utf8mb4" || c.charset == "utf8mb3" || c.charset == "utf8" || c.charset == "ascii"
	}
	return false
}

// selectRows reads a span: the values, then the numbers of ENUM and SET and
// nothing else where the client computes the hash, or the hash.
func (p *tablePlan) selectRows(s span) string {
	exprs := make([]string, 0, len(p.columns)+1)
	for _, c := range p.columns {
		exprs = append(exprs, p.read(c))
	}
	if p.masked {
		for _, c := range p.columns {
			if c.numbered() {
				exprs = append(exprs, syntax.QuoteName(c.name)+"+0")
			}
		}
	} else {
		exprs = append(exprs, p.hash.row())
	}
	statement := "SELECT " + strings.Join(exprs, ",") + " FROM " + p.table.quoted()
	if p.key == nil {
		return statement + p.condition(s)
	}
	return statement + " FORCE INDEX (" + syntax.QuoteName(p.keyName) + ")" + p.condition(s) + order(p.key)
}

// condition is the WHERE of a span of the source.
func (p *tablePlan) condition(s span) string {
	where := s.where(p.key)
	switch {
	case p.where == "":
		return where
	case where == "":
		return " WHERE (" + p.where + ")"
	}
	return where + " AND (" + p.where + ")"
}

// noHash stands in a sum for a row that is too large for the server to hash: 2^120,
// which no sum of hashes comes to.
const noHash = "1329227995784915872903807060280344576"

// selectSum counts and hashes a span of either side.
func (p *tablePlan) selectSum(from, where string) string {
	hint := ""
	if p.key != nil {
		hint = " FORCE INDEX (" + syntax.QuoteName(p.keyName) + ")"
	}
	return "SELECT COUNT(*),COALESCE(SUM(COALESCE(" + p.hash.row() + "," + noHash + ")),0) FROM " + from + hint + where
}

// asBytes says whether values travel as they are, whatever their bytes.
func (p *tablePlan) asBytes() bool { return p.insert || p.bulk }

// bulkStatement has a parameter for each value.
func (p *tablePlan) bulkStatement() string {
	return p.insertHead() + "(" + strings.TrimSuffix(strings.Repeat("?,", len(p.columns)), ",") + ")"
}

// columnList is the list of the columns for INSERT.
func (p *tablePlan) columnList() string {
	names := make([]string, len(p.columns))
	for i, c := range p.columns {
		names[i] = syntax.QuoteName(c.name)
	}
	return "(" + strings.Join(names, ",") + ")"
}

// loadStatement is the LOAD DATA of a reader.
func (p *tablePlan) loadStatement(reader string) string {
	return "LOAD DATA LOCAL INFILE 'Reader::" + reader + "' INTO TABLE " + p.target + " CHARACTER SET " + p.charset +
		` FIELDS TERMINATED BY '\t' ENCLOSED BY '' ESCAPED BY '\\' LINES TERMINATED BY '\n' ` + p.loadColumns()
}

// insertHead and insertTail go around the rows of an INSERT.
func (p *tablePlan) insertHead() string {
	return "INSERT INTO " + p.target + " " + p.columnList() + " VALUES "
}

func (p *tablePlan) insertTail() string {
	if !p.merge {
		return ""
	}
	parts := make([]string, len(p.columns))
	for i, c := range p.columns {
		name := syntax.QuoteName(c.name)
		parts[i] = name + "=VALUES(" + name + ")"
		if slices.ContainsFunc(p.key, func(k column) bool { return k.name == c.name }) {
			parts[i] = name + "=" + sameOrFail(name)
		}
	}
	return " ON DUPLICATE KEY UPDATE " + strings.Join(parts, ",")
}

// sameOrFail is the new value of a key's column if it is the old one, and ends the
// statement by error 1690 if it is not: the rows are the same in another unique key
// only, and the row of the target would be turned into that of the source.
func sameOrFail(name string) string {
	value := "VALUES(" + name + ")"
	return "IF(" + name + "<=>" + value + " OR CAST(0 AS UNSIGNED)-1-LENGTH(" + name + ")," + value + "," + value + ")"
}
