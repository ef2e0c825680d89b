package datamove

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

// samples is how many values are sampled of a field of a protected source.
const samples = 200

// Plan inspects both ends of every store. It changes nothing. An error means that an
// end could not be inspected; refusals are among the findings.
func (c *Copier) Plan(ctx context.Context, doc Document) (plans []Plan, err error) {
	dir, clean, err := c.scratch()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, clean()) }()
	all, mask, err := c.tasks(ctx, doc, "plan", false, dir)
	if err != nil {
		return nil, err
	}
	return c.preflight(ctx, doc, c.deps.Policy, all, mask)
}

// Fields samples what could be personal in the sources.
func (c *Copier) Fields(ctx context.Context, doc Document) (fields []Field, err error) {
	dir, clean, err := c.scratch()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, clean()) }()
	all, _, err := c.tasks(ctx, doc, "classify", false, dir)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		found, err := t.sample(ctx, samples)
		if err != nil {
			return nil, err
		}
		fields = append(fields, found...)
	}
	return fields, nil
}

// preflight inspects the ends of every store and finds everything that speaks
// against the copy.
func (c *Copier) preflight(ctx context.Context, doc Document, policy Policy, all []task, mask MaskPolicy) ([]Plan, error) {
	var plans []Plan
	for _, t := range all {
		p, err := t.adapter.Plan(ctx, t.job)
		if err != nil {
			return nil, fmt.Errorf("inspect store %s: %w", t.job.Store.Name, err)
		}
		p.Store = t.job.Store.Name
		p.Findings = append(p.Findings, policy.Guards(doc.Spec.Environment, t.job.Store, p)...)
		plans = append(plans, p)
	}
	return plans, checkMasking(ctx, doc, policy, all, mask, plans)
}

// checkMasking refuses rules that fit nothing, and personal data of a protected
// source that no rule covers.
func checkMasking(ctx context.Context, doc Document, policy Policy, all []task, mask MaskPolicy, plans []Plan) error {
	var fields []Field
	for i, t := range all {
		protected := policy.IsProtected(t.job.From.Endpoint)
		if !protected && len(doc.Spec.Masking.Rules) == 0 {
			continue
		}
		n := 0
		if protected {
			n = samples
		}
		found, err := t.sample(ctx, n)
		if err != nil {
			return err
		}
		if protected {
			plans[i].Findings = append(plans[i].Findings, mask.Unclassified(found)...)
		}
		fields = append(fields, found...)
	}
	if missing := mask.Missing(fields); len(missing) > 0 {
		return events.Errorf(events.KindInvalid, "mend the rules, or remove them", "%w", missing)
	}
	return nil
}

// Stopped says whether a finding of the plans stops the copy.
func Stopped(plans []Plan) bool { return refusals(plans) != nil }

// refusals are those findings of all plans that stop a copy, as one error of
// KindRefused, nil without any.
func refusals(plans []Plan) error {
	var problems events.Problems
	hint := ""
	for _, p := range plans {
		for _, f := range p.Findings {
			if f.Severity == Refusal {
				problems.Add(p.Store+": "+f.Check, "%s", f.Message)
				hint = cmp.Or(hint, f.Hint)
			}
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return events.Errorf(events.KindRefused, hint, "nothing was changed: %w", problems)
}
