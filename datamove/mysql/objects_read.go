package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	driver "github.com/go-sql-driver/mysql"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// readSchema describes the databases. It chooses them one after the other, and sets
// the charset of results and puts it back, all on one connection.
func readSchema(ctx context.Context, q querier, databases []string, filter datamove.Filter) (*schema, error) {
	if pool, ok := q.(*sql.DB); ok {
		conn, err := pool.Conn(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		defer conn.Close()
		q = conn
	}
	s := &schema{}
	for _, name := range databases {
		if err := s.read(ctx, q, name, filter); err != nil {
			return nil, fmt.Errorf("read the schema of %s: %w", name, err)
		}
	}
	s.linkReferences()
	return s, nil
}

func (s *schema) read(ctx context.Context, q querier, name string, filter datamove.Filter) error {
	if _, err := q.ExecContext(ctx, "USE "+syntax.QuoteName(name)); err != nil {
		return err
	}
	info, err := readDatabase(ctx, q, name)
	if err != nil {
		return err
	}
	if err := s.readTables(ctx, q, name, filter); err != nil {
		return err
	}
	r := objectReader{q: q, database: name, filter: filter, info: &info}
	defer func() { s.databases = append(s.databases, info) }()
	return errors.Join(
		r.list(ctx, &s.sequences, sequenceView()), r.list(ctx, &s.routines, routineView()), r.list(ctx, &s.views, viewView()),
		r.list(ctx, &s.triggers, triggerView()), r.list(ctx, &s.events, eventView()),
	)
}

// readTables keeps the ledger of a copy apart from the tables.
func (s *schema) readTables(ctx context.Context, q querier, name string, filter datamove.Filter) error {
	tables, err := readTables(ctx, q, name, filter)
	if err != nil {
		return err
	}
	for i := range tables {
		if tables[i].name == ledgerName {
			s.ledgers = append(s.ledgers, name)
			continue
		}
		s.tables = append(s.tables, &tables[i])
	}
	return nil
}

// ledgerName is the table that copies keep their state in; no schema has it.
const ledgerName = "shakedown_ledger"

func readDatabase(ctx context.Context, q querier, name string) (databaseInfo, error) {
	rows, err := records(ctx, q, schemaQuery("SCHEMATA", "SCHEMA_NAME", name, "SCHEMA_NAME"))
	if err != nil {
		return databaseInfo{}, err
	}
	d := databaseInfo{name: name, names: map[string]bool{}}
	for _, row := range rows {
		if row["SCHEMA_NAME"] == name {
			d.charset, d.collation = row["DEFAULT_CHARACTER_SET_NAME"], row["DEFAULT_COLLATION_NAME"]
		}
	}
	tables, err := records(ctx, q, schemaQuery("TABLES", "TABLE_SCHEMA", name, "TABLE_NAME"))
	for _, row := range tables {
		if row["TABLE_SCHEMA"] == name {
			d.names[row["TABLE_NAME"]] = true
			d.invalidView(row)
		}
	}
	return d, err
}

// invalidView notes a view that does not work, as the server says in its comment.
func (d *databaseInfo) invalidView(row record) {
	if strings.HasSuffix(row["TABLE_TYPE"], "VIEW") && row["TABLE_COMMENT"] != "VIEW" && row["TABLE_COMMENT"] != "" {
		if d.invalid == nil {
			d.invalid = map[string]bool{}
		}
		d.invalid[row["TABLE_NAME"]] = true
	}
}

// linkReferences gives every table what it needs of the others.
func (s *schema) linkReferences() {
	for _, t := range s.tables {
		t.siblings = s.knows(t.database)
		for i, f := range t.foreign {
			if parent := s.table(f.refDatabase, f.refTable); parent != nil {
				t.foreign[i].copied = true
				parent.referenced = append(parent.referenced, f.refColumns)
			}
		}
	}
}

// objectView says how objects of one sort are listed and shown.
type objectView struct {
	view, schema, name, order string
	// object makes one from its row; ok is false for what is no such object.
	object func(row record) (o object, ok bool)
	// text is the column of SHOW CREATE.
	text func(o object) string
}

func viewView() objectView {
	return objectView{
		"VIEWS", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_NAME",
		func(row record) (object, bool) { return objectOf(kindView, row), true },
		func(object) string { return "CREATE VIEW" },
	}
}

func routineView() objectView {
	return objectView{
		"ROUTINES", "ROUTINE_SCHEMA", "ROUTINE_NAME", "ROUTINE_TYPE, ROUTINE_NAME",
		func(row record) (object, bool) { return objectOf(strings.ToLower(row["ROUTINE_TYPE"]), row), true },
		func(o object) string { return "CREATE " + strings.ToUpper(o.kind) },
	}
}

func triggerView() objectView {
	return objectView{
		"TRIGGERS", "TRIGGER_SCHEMA", "TRIGGER_NAME", "EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER",
		func(row record) (object, bool) {
			o := objectOf(kindTrigger, row)
			o.table = row["EVENT_OBJECT_TABLE"]
			return o, true
		},
		func(object) string { return "SQL ORIGINAL STATEMENT" },
	}
}

func eventView() objectView {
	return objectView{
		"EVENTS", "EVENT_SCHEMA", "EVENT_NAME", "EVENT_NAME",
		func(row record) (object, bool) { return objectOf(kindEvent, row), true },
		func(object) string { return "CREATE EVENT" },
	}
}

func sequenceView() objectView {
	return objectView{
		"TABLES", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_NAME",
		func(row record) (object, bool) { return objectOf(kindSequence, row), row["TABLE_TYPE"] == "SEQUENCE" },
		func(object) string { return "CREATE TABLE" },
	}
}

func objectOf(kind string, row record) object {
	return object{
		kind: kind, charset: row["CHARACTER_SET_CLIENT"], connection: row["COLLATION_CONNECTION"],
		databaseCollation: row["DATABASE_COLLATION"], sqlMode: row["SQL_MODE"], timeZone: row["TIME_ZONE"],
	}
}

// objectReader reads the objects of one database.
type objectReader struct {
	q        querier
	database string
	filter   datamove.Filter
	info     *databaseInfo
}

func (r *objectReader) list(ctx context.Context, to *[]object, v objectView) error {
	rows, err := records(ctx, r.q, schemaQuery(v.view, v.schema, r.database, v.order))
	if err != nil {
		return err
	}
	for _, row := range rows {
		o, ok := v.object(row)
		o.database, o.name = r.database, row[v.name]
		if !ok || row[v.schema] != r.database {
			continue
		}
		r.info.names[o.name] = true
		o.invalid = o.kind == kindView && r.info.invalid[o.name]
		if !r.includes(o) {
			continue
		}
		if err := r.show(ctx, &o, v.text(o)); err != nil {
			return err
		}
		*to = append(*to, o)
	}
	return nil
}

// taken says whether the filter takes the object; a trigger goes with its table.
func (r *objectReader) includes(o object) bool {
	if o.table != "" {
		return includes(r.filter, r.database, o.table)
	}
	return includes(r.filter, r.database, o.name)
}

// show reads the text in the bytes in which it was written, so that literals with an
// introducer stay what they are.
func (r *objectReader) show(ctx context.Context, o *object, column string) error {
	if o.charset != "" && o.charset != "utf8mb4" {
		if _, err := r.q.ExecContext(ctx, "SET character_set_results = "+syntax.QuoteText(o.charset)); err != nil {
			return err
		}
	}
	rows, err := records(ctx, r.q, "SHOW CREATE "+strings.ToUpper(o.kind)+" "+syntax.QuoteName(r.database)+"."+syntax.QuoteName(o.name))
	if o.charset != "" && o.charset != "utf8mb4" {
		if _, back := r.q.ExecContext(ctx, "SET character_set_results = 'utf8mb4'"); back != nil {
			return errors.Join(err, back)
		}
	}
	if err := o.shown(rows, column, err); err != nil {
		return err
	}
	if o.kind == kindSequence && o.create != "" {
		return r.sequenceState(ctx, o)
	}
	return nil
}

// shown takes the answer to SHOW CREATE: the text, or why there is none.
func (o *object) shown(rows []record, column string, err error) error {
	switch {
	case brokenObject(err):
		o.problem = "the source cannot show it: " + err.Error()
	case err != nil:
		return err
	case len(rows) == 1 && rows[0][column] != "":
		o.create = rows[0][column]
	default:
		o.problem = "the user may not see its text"
	}
	return nil
}

// brokenObject says whether the error is about one object that is broken or hidden,
// not about the connection: an invalid view, no right to see it, a text that the
// server itself does not parse.
func brokenObject(err error) bool {
	var of *driver.MySQLError
	return errors.As(err, &of) && slices.Contains([]uint16{1142, 1143, 1227, 1305, 1356, 1360, 1370, 1539, 1457, 1606}, of.Number)
}

func (r *objectReader) sequenceState(ctx context.Context, o *object) error {
	rows, err := records(ctx, r.q, "SELECT * FROM "+syntax.QuoteName(r.database)+"."+syntax.QuoteName(o.name))
	if err != nil {
		return err
	}
	if len(rows) == 1 {
		o.state = rows[0]
	}
	return nil
}
