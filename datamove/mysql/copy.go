package mysql

import (
	"context"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

// copy runs the steps of a copy with chunks of so many bytes. Nothing is changed before
// all refusals are known.
func (r *run) copy(ctx context.Context, chunk int64) error {
	if err := r.recall(ctx); err != nil {
		return err
	}
	over, err := r.finished()
	if err != nil {
		return err
	}
	if over {
		return r.compareAgain(ctx)
	}
	if err := r.refuse(ctx); err != nil {
		return err
	}
	release, err := r.lockTarget(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := r.prepare(ctx); err != nil {
		return explain(err, r.to)
	}
	r.observer.Step("rows")
	if err := r.throttled(ctx, func(ctx context.Context, pace pacing) error { return r.move(ctx, chunk, pace) }); err != nil {
		return err
	}
	if err := r.sameSchema(ctx); err != nil {
		return err
	}
	r.observer.Step("objects")
	if err := r.finishObjects(ctx); err != nil {
		return explain(err, r.to)
	}
	return r.conclude(ctx)
}

// recall finds out how far an earlier attempt of the run has come.
func (r *run) recall(ctx context.Context) error {
	r.options.resume = r.job.Resume
	if !r.job.Resume {
		return nil
	}
	found, err := r.resumable(ctx)
	if err != nil {
		return err
	}
	r.options.resume, r.options.stage = found, stageBegun
	if found {
		r.options.stage, err = r.ledger.stage(ctx, r.target)
	}
	return explain(err, r.to)
}

// refuse is an error when preflight finds what stops the copy.
func (r *run) refuse(ctx context.Context) error {
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

// conclude compares everything, and removes the ledger from a target that is equal.
func (r *run) conclude(ctx context.Context) error {
	r.observer.Step("compare")
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
	return r.drop(ctx)
}

// sameSchema refuses to call equal what was altered during the copy.
func (r *run) sameSchema(ctx context.Context) error {
	databases, err := sourceDatabases(ctx, r.conn(), r.from)
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

// finishObjects makes everything beside rows and compares it.
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
	r.observer.Reached("objects")
	return err
}
