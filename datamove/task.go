package datamove

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

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

// sample reads at most n values of each field of the source.
func (t task) sample(ctx context.Context, n int) ([]Field, error) {
	found, err := t.adapter.Fields(ctx, t.job, n)
	if err != nil {
		return nil, fmt.Errorf("sample fields of store %s: %w", t.job.Store.Name, err)
	}
	return found, nil
}

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
	adapter, ok := c.deps.Adapters[address.Store]
	if !ok {
		return task{}, events.Errorf(events.KindInvalid, "", "store %s: this server does not copy %s", s.Name, address.Store)
	}
	j := Job{ID: id, Resume: resume, Store: s, Now: c.deps.Now, Checkpoint: c.deps.Checkpoint}
	if j.From, err = c.access(ctx, s.From); err != nil {
		return task{}, err
	}
	if j.To, err = c.access(ctx, s.To); err != nil {
		return task{}, err
	}
	if j.StateDir, err = dir(s.Name); err != nil {
		return task{}, err
	}
	return task{job: j, adapter: adapter}, nil
}

// access is an endpoint with its secret.
func (c *Copier) access(ctx context.Context, e Endpoint) (Access, error) {
	secret, err := c.deps.Secrets.Read(ctx, e.Credentials)
	if err != nil {
		return Access{}, err
	}
	return Access{Endpoint: e, Secret: secret}, nil
}

func (c *Copier) mask(ctx context.Context, m Masking) (MaskPolicy, error) {
	key, err := c.deps.Secrets.Read(ctx, m.Key)
	if err != nil {
		return nil, err
	}
	policy, err := c.deps.NewMask(m.Rules, []byte(key))
	if err != nil {
		return nil, events.Errorf(events.KindInvalid, "shakedown schema DataCopy", "read masking policy: %w", err)
	}
	return policy, nil
}
