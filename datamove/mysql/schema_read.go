package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// querier is the part of a connection that runs statements. Sessions have utf8mb4, a
// sql_mode without ANSI_QUOTES and NO_BACKSLASH_ESCAPES, and sql_quote_show_create.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// record is one row of a query by the column names in upper case; NULL is absent.
type record map[string]string

func (r record) number(name string) int64 {
	n, _ := strconv.ParseInt(r[name], 10, 64)
	return n
}

// records reads a whole result; it is for information_schema and SHOW, which differ
// in columns from product to product.
func records(ctx context.Context, q querier, query string) ([]record, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	var out []record
	for rows.Next() {
		r, err := scanRecord(rows, names)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	return out, nil
}

func scanRecord(rows *sql.Rows, names []string) (record, error) {
	values := make([]sql.NullString, len(names))
	targets := make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	if err := rows.Scan(targets...); err != nil {
		return nil, err
	}
	r := record{}
	for i, name := range names {
		if values[i].Valid {
			r[strings.ToUpper(name)] = values[i].String
		}
	}
	return r, nil
}

// takes says whether the filter takes an object of the database.
func includes(f datamove.Filter, database, name string) bool { return f.Takes(name, database+"."+name) }

// readTables describes the base tables of the database that the filter takes, in
// the order of their names.
func readTables(ctx context.Context, q querier, database string, filter datamove.Filter) ([]table, error) {
	r := tableReader{q: q, database: database, byName: map[string]*table{}}
	for _, read := range []func(context.Context) error{r.tables(filter), r.columns, r.indexes, r.foreignKeys, r.partitions, r.creates} {
		if err := read(ctx); err != nil {
			return nil, fmt.Errorf("read the tables of database %s: %w", database, err)
		}
	}
	// Names that differ in case only come in any order.
	slices.SortFunc(r.found, func(a, b *table) int { return strings.Compare(a.name, b.name) })
	out := make([]table, 0, len(r.found))
	for _, t := range r.found {
		out = append(out, *t)
	}
	return out, nil
}

// tableReader fills tables from one view of information_schema after the other.
type tableReader struct {
	q        querier
	database string
	found    []*table
	byName   map[string]*table
}

// each calls use for every row of a view about a table that is read. Names are
// compared here: information_schema compares them without regard to case.
func (r *tableReader) each(ctx context.Context, view, order string, use func(t *table, row record)) error {
	rows, err := records(ctx, r.q, schemaQuery(view, "TABLE_SCHEMA", r.database, order))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if t := r.byName[row["TABLE_NAME"]]; t != nil && row["TABLE_SCHEMA"] == r.database {
			use(t, row)
		}
	}
	return nil
}

func schemaQuery(view, column, database, order string) string {
	return "SELECT * FROM information_schema." + view + " WHERE " + column + " = " + syntax.QuoteText(database) + " ORDER BY " + order
}

func (r *tableReader) tables(filter datamove.Filter) func(context.Context) error {
	return func(ctx context.Context) error {
		rows, err := records(ctx, r.q, schemaQuery("TABLES", "TABLE_SCHEMA", r.database, "TABLE_NAME"))
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row["TABLE_SCHEMA"] != r.database || !baseTable(row) || !includes(filter, r.database, row["TABLE_NAME"]) {
				continue
			}
			t := tableOf(row)
			r.found, r.byName[t.name] = append(r.found, &t), &t
		}
		return nil
	}
}

func baseTable(row record) bool {
	return row["TABLE_TYPE"] == "BASE TABLE" || row["TABLE_TYPE"] == "SYSTEM VERSIONED"
}

func tableOf(row record) table {
	next, _ := strconv.ParseUint(row["AUTO_INCREMENT"], 10, 64)
	return table{
		database: row["TABLE_SCHEMA"], name: row["TABLE_NAME"], engine: row["ENGINE"], collation: row["TABLE_COLLATION"],
		rows: row.number("TABLE_ROWS"), dataBytes: row.number("DATA_LENGTH"), indexBytes: row.number("INDEX_LENGTH"),
		autoIncrement: next, versioned: row["TABLE_TYPE"] == "SYSTEM VERSIONED", comment: row["TABLE_COMMENT"],
	}
}

func (r *tableReader) columns(ctx context.Context) error {
	return r.each(ctx, "COLUMNS", "TABLE_NAME, ORDINAL_POSITION", func(t *table, row record) {
		t.columns = append(t.columns, columnOf(row))
	})
}

func columnOf(row record) column {
	extra := strings.ToUpper(row["EXTRA"])
	c := column{
		name: row["COLUMN_NAME"], dataType: strings.ToLower(row["DATA_TYPE"]), columnType: row["COLUMN_TYPE"],
		charset: row["CHARACTER_SET_NAME"], collation: row["COLLATION_NAME"], nullable: row["IS_NULLABLE"] == "YES",
		autoIncrement: strings.Contains(extra, "AUTO_INCREMENT"), invisible: strings.Contains(extra, "INVISIBLE"),
		extra: row["EXTRA"], expression: row["GENERATION_EXPRESSION"], comment: row["COLUMN_COMMENT"],
	}
	c.fallback, c.hasDefault = row["COLUMN_DEFAULT"]
	c.stored = strings.Contains(extra, "STORED GENERATED") || strings.Contains(extra, "PERSISTENT")
	c.generated = c.stored || strings.Contains(extra, "VIRTUAL GENERATED") ||
		c.expression == "ROW START" || c.expression == "ROW END"
	return c
}

func (r *tableReader) indexes(ctx context.Context) error {
	return r.each(ctx, "STATISTICS", "TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX", func(t *table, row record) {
		if n := len(t.indexes); n == 0 || t.indexes[n-1].name != row["INDEX_NAME"] {
			t.indexes = append(t.indexes, indexOf(row))
		}
		last := &t.indexes[len(t.indexes)-1]
		last.parts = append(last.parts, indexPart{
			column: row["COLUMN_NAME"], expression: row["EXPRESSION"], prefix: int(row.number("SUB_PART")),
			descending: row["COLLATION"] == "D", nullable: row["NULLABLE"] == "YES",
		})
	})
}

func indexOf(row record) index {
	return index{
		name: row["INDEX_NAME"], unique: row["NON_UNIQUE"] == "0", kind: row["INDEX_TYPE"], comment: row["INDEX_COMMENT"],
		ignored: row["IGNORED"] == "YES" || row["IS_VISIBLE"] == "NO",
	}
}

func (r *tableReader) foreignKeys(ctx context.Context) error {
	rules, err := records(ctx, r.q, schemaQuery("REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", r.database, "TABLE_NAME, CONSTRAINT_NAME"))
	if err != nil {
		return err
	}
	rule := map[[2]string]record{}
	for _, row := range rules {
		rule[[2]string{row["TABLE_NAME"], row["CONSTRAINT_NAME"]}] = row
	}
	return r.each(ctx, "KEY_COLUMN_USAGE", "TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION", func(t *table, row record) {
		if row["REFERENCED_TABLE_NAME"] == "" {
			return
		}
		if n := len(t.foreign); n == 0 || t.foreign[n-1].name != row["CONSTRAINT_NAME"] {
			actions := rule[[2]string{t.name, row["CONSTRAINT_NAME"]}]
			t.foreign = append(t.foreign, foreignKey{
				name: row["CONSTRAINT_NAME"], refDatabase: row["REFERENCED_TABLE_SCHEMA"], refTable: row["REFERENCED_TABLE_NAME"],
				onUpdate: actions["UPDATE_RULE"], onDelete: actions["DELETE_RULE"],
			})
		}
		last := &t.foreign[len(t.foreign)-1]
		last.columns = append(last.columns, row["COLUMN_NAME"])
		last.refColumns = append(last.refColumns, row["REFERENCED_COLUMN_NAME"])
	})
}

func (r *tableReader) partitions(ctx context.Context) error {
	return r.each(ctx, "PARTITIONS", "TABLE_NAME, PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION", func(t *table, row record) {
		if row["PARTITION_NAME"] == "" {
			return
		}
		t.partitions = append(t.partitions, partition{
			name: row["PARTITION_NAME"], sub: row["SUBPARTITION_NAME"], method: row["PARTITION_METHOD"],
			expression: row["PARTITION_EXPRESSION"], subMethod: row["SUBPARTITION_METHOD"],
			subExpression: row["SUBPARTITION_EXPRESSION"], description: row["PARTITION_DESCRIPTION"],
			position: int(row.number("PARTITION_ORDINAL_POSITION")), subNo: int(row.number("SUBPARTITION_ORDINAL_POSITION")),
			rows: row.number("TABLE_ROWS"),
		})
	})
}

func (r *tableReader) creates(ctx context.Context) error {
	for _, t := range r.found {
		rows, err := records(ctx, r.q, "SHOW CREATE TABLE "+t.quoted())
		if err != nil {
			return err
		}
		if len(rows) != 1 {
			return fmt.Errorf("SHOW CREATE TABLE %s: got %d rows", t.quoted(), len(rows))
		}
		t.create = rows[0]["CREATE TABLE"]
	}
	return nil
}
