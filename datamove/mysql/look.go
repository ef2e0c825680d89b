package mysql

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
)

// rate is what a copy with its comparison moves on a small machine.
const rate = 25 << 20 // bytes per second

// Plan looks at both ends; see datamove.Adapter.
func (*Adapter) Plan(ctx context.Context, j datamove.Job) (datamove.Plan, error) {
	r, err := open(ctx, j, silent{})
	if err != nil {
		return datamove.Plan{Store: j.Store.Name}, err
	}
	defer r.close()
	plan := datamove.Plan{Store: j.Store.Name, From: r.part.From, To: r.part.To, Method: r.view.snapshot.Method}
	plan.Findings, plan.LeftOut, err = preflight(ctx, r.conn(), r.target, j, r.schema, r.options)
	if err != nil {
		return plan, explain(err, r.from)
	}
	for _, warning := range r.view.warnings {
		plan.Findings = append(plan.Findings, datamove.Finding{Severity: datamove.Warning, Check: "snapshot", Message: warning})
	}
	var bytes int64
	for _, s := range r.states {
		t := s.plan.table
		bytes += t.dataBytes + t.indexBytes
		plan.Units = append(plan.Units, datamove.PlanUnit{Name: t.id(), Items: t.rows, Bytes: t.dataBytes, How: s.plan.how()})
	}
	plan.Estimate = time.Duration(bytes) * time.Second / rate
	return plan, nil
}

// how tells how a table is moved.
func (p *tablePlan) how() string {
	if p.key == nil {
		return "one stream: no key to cut it by"
	}
	names := make([]string, len(p.key))
	for i, c := range p.key {
		names[i] = c.name
	}
	return "chunks by (" + strings.Join(names, ", ") + ")"
}

// Verify compares without copying; see datamove.Adapter.
func (*Adapter) Verify(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	r, err := open(ctx, j, p)
	if err != nil {
		return failed(j, err)
	}
	defer r.close()
	return r.finish(r.verify(ctx))
}

func (r *run) verify(ctx context.Context) error {
	r.progress.Step("compare")
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

// verifyTable compares a table as one span; units narrows it to the rows.
func (r *run) verifyTable(ctx context.Context, s *tableState) error {
	source, err := r.sourceSum(ctx, s, span{})
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
	r.progress.Count(s.plan.table.id(), source.Items, source.Items, 0)
	return nil
}

// silent is a Progress that nobody hears.
type silent struct{}

func (silent) Step(string) {}

func (silent) Count(string, int64, int64, int64) {}
