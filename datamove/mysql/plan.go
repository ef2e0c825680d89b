package mysql

import (
	"context"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
)

// rate is what a copy with its comparison moves on a small machine.
const rate = 25 << 20 // bytes per second

// Plan asks both ends; see datamove.Adapter.
func (*Adapter) Plan(ctx context.Context, j datamove.Job) (datamove.Plan, error) {
	r, err := open(ctx, j, nil)
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

// how says how a table is moved.
func (p *tablePlan) how() string {
	if p.key == nil {
		return "one stream: no key to divide it by"
	}
	names := make([]string, len(p.key))
	for i, c := range p.key {
		names[i] = c.name
	}
	return "chunks by (" + strings.Join(names, ", ") + ")"
}
