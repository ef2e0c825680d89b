package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/checksum"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

// run is one Plan, Copy or Verify.
type run struct {
	job      datamove.Job
	progress datamove.Progress
	from, to end
	view     *view
	target   *sql.DB
	schema   *schema
	options  ddlOptions
	states   []*tableState
	ledger   *ledger
	part     datamove.Part
	notes    outcome.Notes
	pace     func(ctx context.Context, bytes int) error
	began    time.Time
	chunk    int64
	// changed is set when the target is not as it was.
	changed bool
	// bulk is set when the target takes bulk statements.
	bulk bool
}

// begin opens both ends and looks at the source's moment.
func open(ctx context.Context, j datamove.Job, p datamove.Progress) (r *run, err error) {
	r = &run{job: j, progress: p, began: j.Now()}
	r.part = datamove.Part{Name: j.Store.Name, Store: datamove.StoreMySQL}
	if r.from, err = newEnd(j.From, true); err != nil {
		return nil, events.Errorf(events.KindInvalid, "", "from: %w", err)
	}
	if r.to, err = newEnd(j.To, false); err != nil {
		return nil, events.Errorf(events.KindInvalid, "", "to: %w", err)
	}
	if r.to.database == "" && r.from.database != "" {
		r.to.database = r.from.database
	}
	if r.from.database == "" && r.to.database != "" {
		return nil, events.Errorf(events.KindInvalid, "name a database at the end of both URLs or of none", "the source names no database and the target names %s", r.to.database)
	}
	if err := r.connect(ctx); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *run) connect(ctx context.Context) (err error) {
	if r.target, err = r.to.open(nil); err != nil {
		return explain(err, r.to)
	}
	first, err := openReader(ctx, r.to)
	if err != nil {
		return explain(err, r.to)
	}
	r.bulk = first.bulk
	first.close()
	r.progress.Step("snapshot")
	r.view, err = takeView(ctx, r.from, r.job.Store.MySQL.Snapshot, r.loaders())
	if err != nil {
		return explain(err, r.from)
	}
	r.part.Cut = r.view.snapshot
	for _, warning := range r.view.warnings {
		r.notes.Warn("%s", warning)
	}
	if err := r.servers(ctx); err != nil {
		return err
	}
	return r.readSource(ctx)
}

func (r *run) close() {
	if r.view != nil {
		r.view.close()
	}
	if r.target != nil {
		_ = r.target.Close()
	}
}

// conn is the first connection that sees the source's moment.
func (r *run) conn() *sql.Conn { return r.view.readers[0].conn }

// servers describes both ends and refuses to copy a database onto itself.
func (r *run) servers(ctx context.Context) (err error) {
	if r.part.From, err = describeServer(ctx, r.conn(), r.job.From.URL); err != nil {
		return explain(err, r.from)
	}
	if r.part.To, err = describeServer(ctx, r.target, r.job.To.URL); err != nil {
		return explain(err, r.to)
	}
	if r.part.From.Fingerprint == r.part.To.Fingerprint && strings.EqualFold(r.from.database, r.to.database) {
		return events.Errorf(events.KindRefused, "name another server or another database",
			"source and target are the same server and database (%s)", r.job.From.URL)
	}
	return nil
}

// look reads the definitions inside the snapshot.
func (r *run) readSource(ctx context.Context) error {
	databases, err := r.databases(ctx)
	if err != nil {
		return explain(err, r.from)
	}
	if r.schema, err = readSchema(ctx, r.conn(), databases, r.job.Store.Filter()); err != nil {
		return explain(err, r.from)
	}
	if r.options, err = newDDLOptions(ctx, r.conn(), r.target, r.job, r.targetOf); err != nil {
		return explain(err, r.to)
	}
	takes, err := r.loadWays(ctx)
	if err != nil {
		return explain(err, r.to)
	}
	r.withoutTransactions()
	for _, t := range r.schema.tables {
		plan := newTablePlan(t, r.options, r.job, takes)
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

// withoutTransactions says of which tables no snapshot can be had.
func (r *run) withoutTransactions() {
	for _, t := range r.schema.tables {
		if !strings.EqualFold(t.engine, "InnoDB") {
			r.part.Cut.Consistent = false
			r.notes.Warn("snapshot: table %s is of %s, which has no transactions: its rows are as they were when they were read", t.id(), t.engine)
		}
	}
}

// targetOf is where a database of the source is copied to.
func (r *run) targetOf(database string) string {
	if r.from.database == database && r.to.database != "" {
		return r.to.database
	}
	return database
}

// databases are those that are copied.
func (r *run) databases(ctx context.Context) ([]string, error) {
	rows, err := records(ctx, r.conn(), "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME")
	if err != nil {
		return nil, err
	}
	var all []string
	for _, row := range rows {
		all = append(all, row["SCHEMA_NAME"])
	}
	slices.Sort(all) // names that differ in case only come in any order
	if r.from.database != "" {
		if !slices.Contains(all, r.from.database) {
			return nil, events.Errorf(events.KindNotFound, "check the name, and that the user may see it: "+rightsHint(r.from),
				"the source %s has no database %s", r.from.host(), r.from.database)
		}
		return []string{r.from.database}, nil
	}
	return slices.DeleteFunc(all, isSystem), nil
}

func isSystem(database string) bool {
	return slices.Contains([]string{"mysql", "sys", "information_schema", "performance_schema"}, strings.ToLower(database))
}

// takes asks by which ways the target takes rows.
func (r *run) loadWays(ctx context.Context) (w ways, err error) {
	if w.local, err = localInfile(ctx, r.target); err != nil || !r.bulk {
		return w, err
	}
	w.bulk, err = packetLimit(ctx, r.target)
	return w, err
}

func localInfile(ctx context.Context, q rower) (on bool, err error) {
	err = q.QueryRowContext(ctx, "SELECT @@local_infile").Scan(&on)
	return on, err
}

func (r *run) checkpoint(step string) {
	if r.job.Checkpoint != nil {
		r.job.Checkpoint(step)
	}
}

// report takes in what became of everything but rows.
func (r *run) report(o objectsReport) {
	r.part.Objects = append(r.part.Objects, o.objects...)
	r.notes.LeaveOut(o.leftOut...)
	for _, warning := range o.warnings {
		r.notes.Warn("%s", warning)
	}
}

// equal says whether the part as it is now is equal.
func (r *run) equal() bool {
	p := r.part
	r.notes.Fill(&p)
	return p.Judge() == datamove.Equal
}

// finish completes the part, whatever has happened.
func (r *run) finish(err error) (datamove.Part, error) {
	r.part.Took = events.Duration(r.job.Now().Sub(r.began))
	for _, s := range r.states {
		r.part.Bytes += s.bytes
	}
	r.notes.Fill(&r.part)
	return outcome.Conclude(r.part, err, r.changed)
}

// units reports the tables, and what is not the same in them.
func (r *run) units(ctx context.Context) error {
	for _, s := range r.states {
		unit := s.unit()
		s.masks(r.job.Mask, &r.notes)
		if !unit.Equal && !s.absent {
			if err := r.narrow(ctx, s); err != nil {
				return fmt.Errorf("look for the rows of table %s that differ: %w", unit.Name, err)
			}
			unit = r.withoutKept(s, unit)
		}
		r.part.Units = append(r.part.Units, unit)
	}
	return nil
}

// withoutKept leaves the rows out that were in the target before a merge and that
// the source does not have.
func (r *run) withoutKept(s *tableState, u datamove.Unit) datamove.Unit {
	if s.kept.Items == 0 {
		return u
	}
	var source, target checksum.Sum
	for _, d := range s.done {
		source.Add(d.source)
		target.Add(d.target)
	}
	target = target.Less(s.kept)
	u.Target, u.Chunks, u.Equal = target.Report(), nil, source == target
	r.notes.Warn("merge: %d rows of table %s that the source does not have were kept; they are not in the target's count", s.kept.Items, u.Name)
	return u
}
