package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

// alonePatience is how many seconds a server may take to notice that a copier is gone.
const alonePatience = 2

// Adapter copies MySQL and MariaDB.
type Adapter struct {
	// chunk is how many bytes of rows make a chunk.
	chunk int64
	// hexed writes to every target as to a MySQL.
	hexed bool
}

var _ datamove.Adapter = (*Adapter)(nil)

// New is an adapter.
func New() *Adapter { return &Adapter{chunk: chunkSize} }

// Copy copies and compares; see datamove.Adapter.
func (a *Adapter) Copy(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	r, err := open(ctx, j, p)
	if err != nil {
		return failed(j, err)
	}
	defer r.close()
	r.chunk = a.chunk
	for _, s := range r.states {
		s.plan.hexed = s.plan.hexed || a.hexed
	}
	return r.finish(r.copy(ctx))
}

// copy runs the steps of a copy. Nothing is changed before all refusals are known.
func (r *run) copy(ctx context.Context) error {
	if r.options.resume = r.job.Resume; r.job.Resume {
		found, err := r.resumable(ctx)
		if err != nil {
			return err
		}
		if r.options.resume, r.options.stage = found, stageBegun; found {
			if r.options.stage, err = r.ledger.stage(ctx, r.target); err != nil {
				return explain(err, r.to)
			}
		}
	}
	if err := r.preflight(ctx); err != nil {
		return err
	}
	release, err := r.alone(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := r.prepare(ctx); err != nil {
		return explain(err, r.to)
	}
	r.progress.Step("rows")
	if err := r.throttle(ctx, r.move); err != nil {
		return err
	}
	if err := r.sameSchema(ctx); err != nil {
		return err
	}
	r.progress.Step("objects")
	if err := r.finishObjects(ctx); err != nil {
		return explain(err, r.to)
	}
	r.progress.Step("compare")
	if err := r.units(ctx); err != nil {
		return err
	}
	if err := r.orphans(ctx); err != nil {
		return err
	}
	if !r.equal() { // a resumed run can mend it
		r.notes.Warn("ledger: table %s stays in the target until the run is resumed or another one takes its place", r.ledger.table)
		return nil
	}
	return explain(r.ledger.drop(ctx, r.target), r.to)
}

func (r *run) preflight(ctx context.Context) error {
	findings, leftOut, err := preflight(ctx, r.conn(), r.target, r.job, r.schema, r.options)
	if err != nil {
		return explain(err, r.from)
	}
	r.notes.LeaveOut(leftOut...)
	for _, f := range findings {
		if f.Severity == datamove.Warning {
			r.notes.Warn("%s: %s", f.Check, f.Message)
		}
	}
	return outcome.Refusal(findings)
}

// prepare makes the tables, after the ledger, which tells whose they are.
func (r *run) prepare(ctx context.Context) error {
	r.progress.Step("tables")
	conn, err := r.target.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := r.mergeable(ctx); err != nil {
		return err
	}
	if !r.options.resume {
		if err := r.beginLedger(ctx, conn); err != nil {
			return err
		}
	}
	r.changed = true
	if err := r.tables(ctx, conn); err != nil {
		return err
	}
	if r.options.resume {
		return r.reconcile(ctx)
	}
	return nil
}

// begin makes the ledger. A table of its name that is not ours stays.
func (r *run) beginLedger(ctx context.Context, conn *sql.Conn) error {
	if _, _, err := r.ledger.head(ctx, conn); err != nil {
		return err
	}
	r.changed = true
	if err := createDatabases(ctx, conn, r.schema, r.options); err != nil {
		return err
	}
	if err := r.ledger.drop(ctx, conn); err != nil {
		return err
	}
	if err := r.ledger.create(ctx, conn, r.head()); err != nil {
		return err
	}
	r.checkpoint("ledger")
	return nil
}

// tables clears the way and makes the tables, as far as an earlier attempt has not.
func (r *run) tables(ctx context.Context, conn *sql.Conn) error {
	if r.options.stage < stageCleared {
		if r.options.existing == datamove.ExistingReplace {
			if err := clearTarget(ctx, conn, r.schema, r.options); err != nil {
				return err
			}
		}
		if err := r.ledger.mark(ctx, conn, stageCleared); err != nil {
			return err
		}
		r.checkpoint("cleared")
	}
	if err := r.dropTriggers(ctx, conn); err != nil {
		return err
	}
	if err := createTables(ctx, conn, r.schema, r.options); err != nil || r.options.stage >= stageTables {
		return err
	}
	return r.ledger.mark(ctx, conn, stageTables)
}

// dropTriggers lets no trigger fire while rows are merged; rest makes them again.
func (r *run) dropTriggers(ctx context.Context, conn *sql.Conn) error {
	if r.options.existing != datamove.ExistingMerge {
		return nil
	}
	for _, b := range r.schema.triggers {
		if err := dropOne(ctx, conn, kindTrigger, r.targetOf(b.database), b.name); err != nil && codeOf(err) != 1049 {
			return err
		}
	}
	return nil
}

// alone refuses to write to databases that another copy writes to. The locks go with
// their connection, also when this process is killed.
func (r *run) alone(ctx context.Context) (release func(), err error) {
	conn, err := r.target.Conn(ctx)
	if err != nil {
		return nil, explain(err, r.to)
	}
	for _, d := range r.schema.databases { // in one order, so that no two wait for each other
		if err := r.lock(ctx, conn, r.targetOf(d.name)); err != nil {
			unlock(ctx, conn)
			return nil, err
		}
	}
	return func() { unlock(ctx, conn) }, nil
}

func (r *run) lock(ctx context.Context, conn *sql.Conn, database string) error {
	var got sql.NullInt64
	digest := sha256.Sum256([]byte(database)) // names of locks are short
	name := "shakedown-" + hex.EncodeToString(digest[:16])
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, ?)", name, alonePatience).Scan(&got); err != nil {
		return explain(err, r.to)
	}
	if got.Int64 != 1 {
		return events.Errorf(events.KindRefused, "wait until it has ended", "another copy is writing to database %s of %s", database, r.to.host())
	}
	return nil
}

// unlock ends the session, and its locks with it.
func unlock(ctx context.Context, conn *sql.Conn) {
	_, _ = conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_ALL_LOCKS()") // a server without it: they end with the session
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })                    // not back into the pool
	_ = conn.Close()
}

// mergeable refuses to merge where there is no key that tells which row is which.
func (r *run) mergeable(ctx context.Context) error {
	for _, s := range r.states {
		if !s.plan.merge || s.plan.key != nil {
			continue
		}
		var rows int
		err := r.target.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+s.plan.target+")").Scan(&rows)
		if code := codeOf(err); code == 1146 || code == 1049 {
			continue
		}
		if err != nil {
			return err
		}
		if rows > 0 {
			return events.Errorf(events.KindRefused, "exclude the table, or use existing: replace",
				"table %s has rows and no key by which they could be merged", s.plan.target)
		}
	}
	return nil
}

// sameSchema refuses to call equal what was altered during the copy.
func (r *run) sameSchema(ctx context.Context) error {
	databases, err := r.databases(ctx)
	if err != nil {
		return explain(err, r.from)
	}
	now, err := readSchema(ctx, r.conn(), databases, r.job.Store.Filter())
	if err != nil {
		return explain(err, r.from)
	}
	if altered := now.alteredSince(r.schema); len(altered) > 0 {
		return events.Errorf(events.KindPartial, "copy again when nobody alters the source",
			"definitions in the source were changed during the copy: %s", strings.Join(altered, ", "))
	}
	return nil
}

// rest makes everything beside rows and compares it.
func (r *run) finishObjects(ctx context.Context) error {
	conn, err := r.target.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if r.options.stage < stageObjects {
		if err := r.ledger.mark(ctx, conn, stageObjects); err != nil {
			return err
		}
	}
	made, err := createObjects(ctx, conn, r.schema, r.options)
	r.report(made)
	r.checkpoint("objects")
	return err
}

// failed is the part of a run that could not begin.
func failed(j datamove.Job, err error) (datamove.Part, error) {
	return outcome.Conclude(datamove.Part{Name: j.Store.Name, Store: datamove.StoreMySQL}, err, false)
}
