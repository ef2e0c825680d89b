package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
	"github.com/shakedown-dev/shakedown/events"
)

// sampleBytes is how much of a value is sampled.
const sampleBytes = 4096

// Fields samples the columns that could hold something personal; see
// datamove.Adapter.
func (*Adapter) Fields(ctx context.Context, j datamove.Job, n int) ([]datamove.Field, error) {
	from, err := newEnd(j.From, true)
	if err != nil {
		return nil, events.Errorf(events.KindInvalid, "", "from: %w", err)
	}
	view, err := takeView(ctx, from, snapshotSingle, 1)
	if err != nil {
		return nil, explain(err, from)
	}
	defer view.close()
	fields, err := sampleFields(ctx, view.readers[0].conn, from, j.Store.Filter(), n)
	return fields, explain(err, from)
}

// sampleFields samples every table that the filter takes.
func sampleFields(ctx context.Context, conn *sql.Conn, from end, filter datamove.Filter, n int) ([]datamove.Field, error) {
	databases, err := sourceDatabases(ctx, conn, from)
	if err != nil {
		return nil, err
	}
	found, err := readSchema(ctx, conn, databases, filter)
	if err != nil {
		return nil, err
	}
	var out []datamove.Field
	for _, t := range found.tables {
		fields, err := sample(ctx, conn, t, n)
		if err != nil {
			return nil, fmt.Errorf("sample table %s: %w", t.id(), err)
		}
		out = append(out, fields...)
	}
	return out, nil
}

// sample reads n rows.
func sample(ctx context.Context, q querier, t *table, n int) ([]datamove.Field, error) {
	columns := t.insertable()
	out := make([]datamove.Field, len(columns))
	exprs := make([]string, len(columns))
	for i, c := range columns {
		out[i] = datamove.Field{Store: datamove.StoreMySQL, Name: t.id() + "." + c.name, Type: c.columnType, Unique: t.unique(c.name)}
		exprs[i] = sampleOf(c)
	}
	if len(columns) == 0 {
		return nil, nil
	}
	rows, err := q.QueryContext(ctx, "SELECT "+strings.Join(exprs, ",")+" FROM "+t.quoted()+fmt.Sprintf(" LIMIT %d", n))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := make([][]byte, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		for i, v := range values {
			if v != nil {
				out[i].Samples = append(out[i].Samples, string(v))
			}
		}
	}
	return out, rows.Err()
}

func sampleOf(c column) string {
	if c.isGeometry() {
		return "NULL"
	}
	if c.free() {
		return fmt.Sprintf("LEFT(%s,%d)", syntax.QuoteName(c.name), sampleBytes)
	}
	return c.read()
}

// unique says whether an index makes the column's values unique by itself.
func (t *table) unique(column string) bool {
	for _, ix := range t.indexes {
		if ix.unique && len(ix.parts) == 1 && strings.EqualFold(ix.parts[0].column, column) {
			return true
		}
	}
	return false
}
