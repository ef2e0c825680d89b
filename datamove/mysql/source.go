package mysql

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// readSource reads the definitions inside the snapshot, and decides how each table is
// moved.
func (r *run) readSource(ctx context.Context) error {
	databases, err := sourceDatabases(ctx, r.conn(), r.from)
	if err != nil {
		return explain(err, r.from)
	}
	if r.schema, err = readSchema(ctx, r.conn(), databases, r.job.Store.Filter()); err != nil {
		return explain(err, r.from)
	}
	if r.options, err = newDDLOptions(ctx, r.conn(), r.target, r.job, r.targetOf); err != nil {
		return explain(err, r.to)
	}
	ways, err := loadWays(ctx, r.target, r.bulk)
	if err != nil {
		return explain(err, r.to)
	}
	r.warnOfEngines()
	for _, t := range r.schema.tables {
		plan := newTablePlan(t, r.options, r.job, ways)
		plan.parsed = r.from.address.TLS
		r.states = append(r.states, &tableState{plan: plan, todo: []todo{{first: stepTable, step: stepTable}}})
	}
	if err := r.subset(ctx); err != nil {
		return err
	}
	ledgerIn := r.to.database
	if ledgerIn == "" && len(databases) > 0 {
		ledgerIn = r.targetOf(databases[0])
	}
	r.ledger = newLedger(ledgerIn, r.job.ID)
	return nil
}

// warnOfEngines names the tables that no snapshot covers.
func (r *run) warnOfEngines() {
	for _, t := range r.schema.tables {
		if !strings.EqualFold(t.engine, "InnoDB") {
			r.part.Snapshot.Consistent = false
			r.notes.Warn("snapshot: table %s is of %s, which has no transactions: its rows are as they were when they were read", t.id(), t.engine)
		}
	}
}

// sourceDatabases are those that are copied.
func sourceDatabases(ctx context.Context, conn *sql.Conn, from end) ([]string, error) {
	rows, err := records(ctx, conn, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME")
	if err != nil {
		return nil, err
	}
	var all []string
	for _, row := range rows {
		all = append(all, row["SCHEMA_NAME"])
	}
	slices.Sort(all) // names that differ in case only come in any order
	if from.database == "" {
		return slices.DeleteFunc(all, isSystem), nil
	}
	if !slices.Contains(all, from.database) {
		return nil, events.Errorf(events.KindNotFound, "check the name, and that the user may see it: "+rightsHint(from),
			"the source %s has no database %s", from.host(), from.database)
	}
	return []string{from.database}, nil
}

func isSystem(database string) bool {
	return slices.Contains([]string{"mysql", "sys", "information_schema", "performance_schema"}, strings.ToLower(database))
}

// loadWays asks by which ways the target takes rows.
func loadWays(ctx context.Context, target *sql.DB, bulk bool) (w ways, err error) {
	if w.local, err = localInfile(ctx, target); err != nil || !bulk {
		return w, err
	}
	w.bulk, err = packetLimit(ctx, target)
	return w, err
}

func localInfile(ctx context.Context, q rower) (on bool, err error) {
	err = q.QueryRowContext(ctx, "SELECT @@local_infile").Scan(&on)
	return on, err
}
