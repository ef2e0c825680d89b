package datamove

import (
	"context"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

// CopyOptions say how a document is copied.
type CopyOptions struct {
	// ID names the run; "" makes one.
	ID string
	// Resume goes on with the run ID. The document may be empty then.
	Resume bool
	// Began receives the ID before anything is done.
	Began func(id string)
}

// Copy inspects, refuses or copies, and compares. The report is what is known also
// when an error is returned. Errors are those of Adapter; of KindRefused when
// nothing was changed.
func (c *Copier) Copy(ctx context.Context, doc Document, o CopyOptions, p Progress) (Report, error) {
	if o.ID == "" {
		o.ID = c.deps.NewID()
	}
	c.prune()
	f, err := openFolder(c.deps.Dir, o.ID, doc, c.deps.Policy, o.Resume, c.deps.Now().UTC())
	if err != nil {
		r := Report{ID: o.ID, Name: doc.Metadata.Name, Command: "copy"}
		err = notBegun(&r, begunBefore(err, o.Resume), err)
		return r, err
	}
	defer f.close()
	if o.Began != nil {
		o.Began(o.ID)
	}
	r := Report{ID: o.ID, Name: f.record.Document.Metadata.Name, Version: c.deps.Version, Command: "copy", Began: f.record.Began}
	err = c.run(ctx, f, &r, o.Resume, p)
	r.Ended = c.deps.Now().UTC()
	r.Judge()
	return r, errors.Join(err, c.keep(r, f.finish))
}

func (c *Copier) run(ctx context.Context, f *folder, r *Report, resume bool, p Progress) error {
	doc := f.record.Document
	p.Step("preflight")
	all, mask, err := c.tasks(ctx, doc, r.ID, resume, f.store)
	if err != nil {
		return notBegun(r, resume, err)
	}
	plans, err := c.preflight(ctx, doc, f.record.Policy.Join(c.deps.Policy), all, mask)
	if err == nil {
		err = refusals(plans)
	}
	if err != nil {
		return notBegun(r, resume, err)
	}
	for i := range all { // the adapters connect again
		all[i].job.Judged = plans[i].To.Fingerprint
	}
	return c.each(all, r, func(t task) (Part, error) {
		part, err := t.adapter.Copy(ctx, t.job, t.progress(p, len(all)))
		part.Resumed = f.record.Attempts - 1
		return part, err
	})
}

// notBegun says what a run that the preflight has stopped is: refused when nothing
// has been changed, incomplete when an earlier attempt had begun.
func notBegun(r *Report, begun bool, err error) error {
	r.Verdict, r.Reason = Refused, err.Error()
	if begun {
		r.Verdict = Incomplete
	}
	return err
}

// begunBefore says whether a run whose folder cannot be opened may have changed
// something: it is to be resumed, or somebody works on it.
func begunBefore(err error, resume bool) bool {
	e, ok := errors.AsType[*events.Error](err)
	if !ok {
		return resume
	}
	return e.Kind == events.KindUnavailable || resume && e.Kind != events.KindNotFound
}

// each does one store after the other until one ends with an error. The stores
// that were not tried are in the report as such.
func (c *Copier) each(all []task, r *Report, do func(task) (Part, error)) error {
	var failed error
	for _, t := range all {
		if failed != nil {
			r.Parts = append(r.Parts, Part{Name: t.job.Store.Name, Verdict: Incomplete, Reason: "not tried"})
			continue
		}
		began := c.deps.Now()
		part, err := do(t)
		part.Name = t.job.Store.Name
		if part.Took == 0 {
			part.Took = events.Duration(c.deps.Now().Sub(began))
		}
		if err != nil {
			part.Verdict, part.Reason = Incomplete, err.Error()
			failed = fmt.Errorf("store %s: %w", t.job.Store.Name, err)
		}
		part.Verdict = part.Judge()
		r.Parts = append(r.Parts, part)
		c.deps.Log.Info("store ended", "run", r.ID, "store", part.Name, "verdict", string(part.Verdict), "reason", part.Reason)
	}
	return failed
}
