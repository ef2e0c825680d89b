package mysql

import (
	"context"
	"database/sql"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// prepare makes the tables, after the ledger, which says whose they are.
func (r *run) prepare(ctx context.Context) error {
	r.observer.Step("tables")
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

// beginLedger makes the ledger. A table of its name that is not ours stays.
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
	r.observer.Reached("ledger")
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
		r.observer.Reached("cleared")
	}
	if err := r.dropTriggers(ctx, conn); err != nil {
		return err
	}
	if err := createTables(ctx, conn, r.schema, r.options); err != nil || r.options.stage >= stageTables {
		return err
	}
	return r.ledger.mark(ctx, conn, stageTables)
}

// dropTriggers lets no trigger fire while rows are merged; finishObjects makes them again.
func (r *run) dropTriggers(ctx context.Context, conn *sql.Conn) error {
	if !r.merges() {
		return nil
	}
	for _, b := range r.schema.triggers {
		if err := dropOne(ctx, conn, kindTrigger, r.targetOf(b.database), b.name); err != nil && codeOf(err) != 1049 {
			return err
		}
	}
	return nil
}

// mergeable refuses to merge where there is no key that identifies a row.
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
