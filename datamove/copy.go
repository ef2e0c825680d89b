package datamove

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/events"
)

// CopyOptions say how a document is copied.
type CopyOptions struct {
	// ID names the run; "" makes one.
	ID string
	// Resume goes on with the run ID. The document may be empty then.
	Resume bool
	// Began is told the ID before anything is done.
	Began func(id string)
}

// Plan looks at both ends of every store. It changes nothing. An error means that
// no look could be had; refusals are among the findings.
func (c *Copier) Plan(ctx context.Context, doc Document) ([]Plan, error) {
	var plans []Plan
	err := c.scratch(func(dir func(string) (string, error)) error {
		all, mask, err := c.tasks(ctx, doc, "plan", false, dir)
		if err != nil {
			return err
		}
		plans, err = c.plan(ctx, doc, c.Policy, all, mask)
		return err
	})
	return plans, err
}

// Fields samples what could be personal in the sources.
func (c *Copier) Fields(ctx context.Context, doc Document) ([]Field, error) {
	var fields []Field
	err := c.scratch(func(dir func(string) (string, error)) error {
		all, _, err := c.tasks(ctx, doc, "classify", false, dir)
		if err != nil {
			return err
		}
		for _, t := range all {
			found, err := t.adapter.Fields(ctx, t.job, samples)
			if err != nil {
				return fmt.Errorf("look at fields of store %s: %w", t.job.Store.Name, err)
			}
			fields = append(fields, found...)
		}
		return nil
	})
	return fields, err
}

// Verify compares every store without copying. The report is kept like that of a copy.
func (c *Copier) Verify(ctx context.Context, doc Document, p Progress) (Report, error) {
	id := c.NewID()
	r := Report{ID: id, Name: doc.Metadata.Name, Version: c.Version, Command: "verify", Began: c.Now().UTC()}
	err := c.scratch(func(dir func(string) (string, error)) error {
		all, _, err := c.tasks(ctx, doc, id, false, dir)
		if err != nil {
			return err
		}
		return c.each(all, &r, func(t task) (Part, error) { return t.adapter.Verify(ctx, t.job, t.progress(p, len(all))) })
	})
	r.Ended = c.Now().UTC()
	r.Judge()
	if len(r.Parts) == 0 {
		return r, err
	}
	f := folder{dir: filepath.Join(c.Dir, id)}
	if made := os.MkdirAll(f.dir, 0o700); made != nil {
		return r, errors.Join(err, events.Errorf(events.KindInternal, "choose another folder with --data-dir", "keep report: %w", made))
	}
	return r, errors.Join(err, c.file(r, f.report))
}

// scratch gives f folders that are gone afterwards.
func (c *Copier) scratch(f func(dir func(string) (string, error)) error) error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return events.Errorf(events.KindInternal, "choose another folder with --data-dir", "make folder for state: %w", err)
	}
	root, err := os.MkdirTemp(c.Dir, "scratch-")
	if err != nil {
		return events.Errorf(events.KindInternal, "choose another folder with --data-dir", "make folder for state: %w", err)
	}
	err = f(func(name string) (string, error) { return os.MkdirTemp(root, name+"-") })
	return errors.Join(err, os.RemoveAll(root))
}

// Copy looks, refuses or copies, and compares. The report is what is known also
// when an error is returned. Errors are those of Adapter; of KindRefused when
// nothing was changed.
func (c *Copier) Copy(ctx context.Context, doc Document, o CopyOptions, p Progress) (Report, error) {
	if o.ID == "" {
		o.ID = c.NewID()
	}
	f, err := openFolder(c.Dir, o.ID, doc, c.Policy, o.Resume, c.Now().UTC())
	if err != nil {
		return Report{ID: o.ID, Command: "copy", Verdict: Refused, Reason: err.Error()}, err
	}
	defer f.close()
	if o.Began != nil {
		o.Began(o.ID)
	}
	r := Report{ID: o.ID, Name: f.record.Document.Metadata.Name, Version: c.Version, Command: "copy", Began: f.record.Began}
	err = c.run(ctx, f, &r, o.Resume, p)
	r.Ended = c.Now().UTC()
	r.Judge()
	return r, errors.Join(err, c.file(r, f.finish))
}

// Ended is the report of a run that came to its end here, equal or not.
func (c *Copier) Ended(id string) (r Report, ok bool) {
	f := folder{dir: filepath.Join(c.Dir, id)}
	if f.read(runFile, &f.record) != nil || !f.record.Ended || f.read(reportFile, &r) != nil {
		return Report{}, false
	}
	return r, true
}

// ReportFiles are where the report of a run is kept.
type ReportFiles struct {
	JSON string `json:"json,omitempty"`
	HTML string `json:"html,omitempty"`
}

// ReportFiles are those of a run that has a report.
func (c *Copier) ReportFiles(id string) ReportFiles {
	f := ReportFiles{JSON: filepath.Join(c.Dir, id, reportFile)}
	if c.View != nil {
		f.HTML = filepath.Join(c.Dir, id, viewFile)
	}
	return f
}

// Knows says whether the run was begun here and can be resumed.
func (c *Copier) Knows(id string) bool { return exists(filepath.Join(c.Dir, id, runFile)) }

func (c *Copier) run(ctx context.Context, f *folder, r *Report, resume bool, p Progress) error {
	doc := f.record.Document
	p.Step("look")
	all, mask, err := c.tasks(ctx, doc, r.ID, resume, f.store)
	if err != nil {
		return c.notBegun(r, resume, err)
	}
	plans, err := c.plan(ctx, doc, f.record.Policy.Join(c.Policy), all, mask)
	if err == nil {
		err = refusals(plans)
	}
	if err != nil {
		return c.notBegun(r, resume, err)
	}
	return c.each(all, r, func(t task) (Part, error) {
		part, err := t.adapter.Copy(ctx, t.job, t.progress(p, len(all)))
		part.Resumed = f.record.Attempts - 1
		return part, err
	})
}

// notBegun says what a run that was stopped by the look is: refused when nothing
// has been changed, incomplete when an earlier attempt had begun.
func (c *Copier) notBegun(r *Report, resume bool, err error) error {
	r.Verdict, r.Reason = Refused, err.Error()
	if resume {
		r.Verdict = Incomplete
	}
	return err
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
		began := c.Now()
		part, err := do(t)
		part.Name = t.job.Store.Name
		if part.Took == 0 {
			part.Took = events.Duration(c.Now().Sub(began))
		}
		if err != nil {
			part.Verdict, part.Reason = Incomplete, err.Error()
			failed = fmt.Errorf("store %s: %w", t.job.Store.Name, err)
		}
		part.Verdict = part.Judge()
		r.Parts = append(r.Parts, part)
		c.Log.Info("store ended", "run", r.ID, "store", part.Name, "verdict", string(part.Verdict), "reason", part.Reason)
	}
	return failed
}

// file gives the report to keep, as data and as a page.
func (c *Copier) file(r Report, keep func(r Report, view []byte) error) error {
	if c.View == nil {
		return keep(r, nil)
	}
	var page bytes.Buffer
	if err := c.View(&page, r); err != nil {
		return fmt.Errorf("draw report of run %s: %w", r.ID, err)
	}
	return keep(r, page.Bytes())
}
