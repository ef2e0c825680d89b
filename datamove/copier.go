package datamove

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// MaskPolicy is a Masker that also knows which fields it covers.
type MaskPolicy interface {
	Masker
	// Missing are the column rules that fit none of the fields.
	Missing(fields []Field) events.Problems
	// Unclassified are findings on fields that look personal and that no rule covers.
	Unclassified(fields []Field) []Finding
}

// CopierDeps are what copies stand on.
type CopierDeps struct {
	// Adapters by kind of store.
	Adapters map[string]Adapter
	Secrets  Secrets
	// NewMask makes the masker of a document's rules. Key is nil without rules that
	// mask. Errors: events.Problems.
	NewMask func(rules []Rule, key []byte) (MaskPolicy, error)
	Policy  Policy
	// View draws a report for people; nil for none.
	View func(w io.Writer, r Report) error
	// Dir is the folder in which every run has a folder.
	Dir     string
	Version string
	Now     func() time.Time
	NewID   func() string
	Log     *slog.Logger
	// Checkpoint is called with each step that is done; nil outside tests.
	Checkpoint func(step string)
}

// Copier plans, copies and verifies documents.
type Copier struct{ CopierDeps }

// NewCopier checks the dependencies.
func NewCopier(d CopierDeps) (*Copier, error) {
	if len(d.Adapters) == 0 || d.NewMask == nil || d.Now == nil || d.NewID == nil || d.Log == nil || d.Dir == "" || d.Secrets.Env == nil {
		return nil, errors.New("start datamove: a dependency is missing")
	}
	d.Log = d.Log.With("service", "datamove")
	return &Copier{d}, nil
}

// samples is how many values of a field of a protected source are looked at.
const samples = 200

// task is one store of a run, with its job and adapter.
type task struct {
	job     Job
	adapter Adapter
}

// progress is p with the name of the store in each step, where it is one of several.
func (t task) progress(p Progress, of int) Progress {
	if of == 1 {
		return p
	}
	return storeProgress{p, t.job.Store.Name}
}

type storeProgress struct {
	Progress
	store string
}

func (p storeProgress) Step(name string) { p.Progress.Step(p.store + ": " + name) }

// tasks resolves the stores of a document. dir gives the state folder of a store.
func (c *Copier) tasks(ctx context.Context, doc Document, id string, resume bool, dir func(string) (string, error)) ([]task, MaskPolicy, error) {
	if doc.needsEnvironment() {
		return nil, nil, events.Errorf(events.KindInvalid, "name it with --environment, or in spec.environment",
			"copy %s is for an environment (%s), and none is named", doc.Metadata.Name, environmentWord)
	}
	mask, err := c.mask(ctx, doc.Spec.Masking)
	if err != nil {
		return nil, nil, err
	}
	var all []task
	for _, s := range doc.Spec.Stores {
		t, err := c.task(ctx, s, id, resume, dir)
		if err != nil {
			return nil, nil, err
		}
		if len(doc.Spec.Masking.Rules) > 0 {
			t.job.Mask = mask
		}
		all = append(all, t)
	}
	return all, mask, nil
}

func (c *Copier) task(ctx context.Context, s Store, id string, resume bool, dir func(string) (string, error)) (task, error) {
	if s.Existing == "" {
		s.Existing = ExistingFail
	}
	address, err := s.From.Address()
	if err != nil {
		return task{}, events.Errorf(events.KindInvalid, "shakedown schema DataCopy", "store %s: from.url %w", s.Name, err)
	}
	adapter, ok := c.Adapters[address.Store]
	if !ok {
		return task{}, events.Errorf(events.KindInvalid, "", "store %s: this server does not copy %s", s.Name, address.Store)
	}
	j := Job{ID: id, Resume: resume, Store: s, Now: c.Now, Checkpoint: c.Checkpoint}
	for _, end := range []struct {
		access   *Access
		endpoint Endpoint
	}{{&j.From, s.From}, {&j.To, s.To}} {
		secret, err := c.Secrets.Read(ctx, end.endpoint.Credentials)
		if err != nil {
			return task{}, err
		}
		*end.access = Access{Endpoint: end.endpoint, Secret: secret}
	}
	if j.StateDir, err = dir(s.Name); err != nil {
		return task{}, err
	}
	return task{job: j, adapter: adapter}, nil
}

func (c *Copier) mask(ctx context.Context, m Masking) (MaskPolicy, error) {
	key, err := c.Secrets.Read(ctx, m.Key)
	if err != nil {
		return nil, err
	}
	policy, err := c.NewMask(m.Rules, []byte(key))
	if err != nil {
		return nil, events.Errorf(events.KindInvalid, "shakedown schema DataCopy", "read masking policy: %w", err)
	}
	return policy, nil
}

// plan looks at the ends of every store and weighs everything that could be
// against the copy.
func (c *Copier) plan(ctx context.Context, doc Document, policy Policy, all []task, mask MaskPolicy) ([]Plan, error) {
	var plans []Plan
	for _, t := range all {
		p, err := t.adapter.Plan(ctx, t.job)
		if err != nil {
			return nil, fmt.Errorf("look at store %s: %w", t.job.Store.Name, err)
		}
		p.Store = t.job.Store.Name
		p.Findings = append(p.Findings, policy.Guards(doc.Spec.Environment, t.job.Store, p)...)
		plans = append(plans, p)
	}
	return plans, c.weighMasking(ctx, doc, policy, all, mask, plans)
}

// weighMasking refuses rules that fit nothing, and personal data of a protected
// source that no rule covers.
func (c *Copier) weighMasking(ctx context.Context, doc Document, policy Policy, all []task, mask MaskPolicy, plans []Plan) error {
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
		found, err := t.adapter.Fields(ctx, t.job, n)
		if err != nil {
			return fmt.Errorf("look at fields of store %s: %w", t.job.Store.Name, err)
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
			if f.Severity != Refusal {
				continue
			}
			problems = append(problems, events.Problem{Key: p.Store + ": " + f.Check, Message: f.Message})
			if hint == "" {
				hint = f.Hint
			}
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return events.Errorf(events.KindRefused, hint, "nothing was changed: %w", problems)
}
