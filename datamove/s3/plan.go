package s3

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
)

// Known rates, for the estimate: requests that copy and bytes that are moved, a second.
const (
	rateInside   = 1500
	rateStreamed = 600
	rateBytes    = 50 << 20
)

// Plan implements datamove.Adapter.
func (a *Adapter) Plan(ctx context.Context, j datamove.Job) (datamove.Plan, error) {
	r, err := a.newRun(ctx, j, nil)
	if err != nil {
		return datamove.Plan{Store: j.Store.Name}, outcome.Error(err, false)
	}
	defer r.close()
	p := datamove.Plan{Store: j.Store.Name, From: server(r.from), To: server(r.to), Method: methodStreamed}
	if err := preflight(ctx, r.from, r.to); err != nil {
		refused, ok := errors.AsType[*refusal](err)
		if !ok {
			return p, r.fail(err)
		}
		p.Findings = append(p.Findings, refused.finding())
		return p, nil
	}
	s, err := r.examine(ctx, &p)
	if err != nil || s == nil {
		return p, r.fail(err)
	}
	r.describe(&p, s)
	return p, nil
}

// examine adds findings to the plan and counts what lies at both ends; without the
// rights to do so it counts nothing.
func (r *run) examine(ctx context.Context, p *datamove.Plan) (s *survey, err error) {
	if p.Findings, err = r.probe(ctx); err != nil || outcome.Refusal(p.Findings) != nil {
		return nil, err
	}
	unfitted, err := r.unfitted(ctx, planMost)
	if err != nil {
		return nil, err
	}
	p.Findings = append(p.Findings, unfitted...)
	if s, err = r.survey(ctx); err != nil {
		return nil, err
	}
	return s, r.copier.way.decide(ctx, r.from, r.to)
}

// describe puts what was counted into the plan.
func (r *run) describe(p *datamove.Plan, s *survey) {
	rate := int64(rateStreamed)
	if r.copier.way.inside.Load() {
		p.Method, rate = methodInside, rateInside
	}
	p.From.Items, p.From.Bytes, p.To.Items, p.To.Bytes = s.src.Items, s.src.Bytes, s.dst.Items, s.dst.Bytes
	for _, name := range slices.Sorted(maps.Keys(s.units)) {
		u := *s.units[name]
		u.Exact, u.How = !s.truncated, p.Method
		p.Units = append(p.Units, u)
	}
	seconds := float64(s.missing+s.differ.n) / float64(rate)
	if p.Method == methodStreamed {
		seconds += float64(s.todoBytes) / rateBytes
	}
	p.Estimate = time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
	p.LeftOut = append(p.LeftOut, leftOutAlways())
	p.Findings = append(p.Findings, r.findings(s)...)
}

// leftOutAlways is what no copy of this adapter carries over.
func leftOutAlways() datamove.LeftOut {
	return datamove.LeftOut{
		What: "access control lists, object locks, old versions, settings of the bucket",
		Why:  "they belong to the target's own set-up",
	}
}
