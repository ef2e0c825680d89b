package mysql

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
)

func (r *run) verify(ctx context.Context) error {
	r.observer.Step("compare")
	if err := r.fitting(); err != nil {
		return err
	}
	there, err := compareObjects(ctx, r.target, r.schema, r.options)
	if err != nil {
		return explain(err, r.to)
	}
	r.report(there)
	for _, s := range r.states {
		if err := r.verifyTable(ctx, s); err != nil {
			return err
		}
	}
	if err := r.units(ctx); err != nil {
		return err
	}
	return r.orphans(ctx)
}

// fitting refuses an include that fits nothing.
func (r *run) fitting() error {
	p := inspector{job: r.job, source: r.schema}
	p.globs()
	return outcome.Invalid(p.findings)
}

// verifyTable compares a table as one span; units narrows it to the rows.
func (r *run) verifyTable(ctx context.Context, s *tableState) error {
	source, err := r.comparer().sourceSum(ctx, s, span{})
	if err != nil {
		return explain(fmt.Errorf("read table %s: %w", s.plan.table.id(), err), r.from)
	}
	target, err := sumOf(ctx, r.target, s.plan.selectSum(s.plan.target, ""))
	if err != nil && codeOf(err) != 1146 && codeOf(err) != 1054 && codeOf(err) != 1176 {
		return explain(fmt.Errorf("read table %s: %w", s.plan.target, err), r.to)
	}
	s.done = []spanSum{{source: source, target: target, compared: err == nil}}
	if err != nil { // there is no such table, or it lacks a column or its key
		r.notes.Differ(datamove.Difference{Unit: s.plan.table.id(), What: "missing", Detail: redact(err.Error())})
		s.absent = true
	}
	r.observer.Add(s.plan.table.id(), source.Items, source.Items, 0)
	return nil
}
