package datamove

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/events"
)

// Verify compares every store without copying. The report is kept like that of a copy.
func (c *Copier) Verify(ctx context.Context, doc Document, p Progress) (Report, error) {
	id := c.deps.NewID()
	r := Report{ID: id, Name: doc.Metadata.Name, Version: c.deps.Version, Command: "verify", Began: c.deps.Now().UTC()}
	err := c.verify(ctx, doc, &r, p)
	r.Ended = c.deps.Now().UTC()
	r.Judge()
	if len(r.Parts) == 0 {
		return r, err
	}
	f := folder{dir: filepath.Join(c.deps.Dir, id)}
	if made := os.MkdirAll(f.dir, 0o700); made != nil {
		return r, errors.Join(err, events.Errorf(events.KindInternal, "choose another folder with --data-dir", "keep report: %w", made))
	}
	return r, errors.Join(err, c.keep(r, f.report))
}

func (c *Copier) verify(ctx context.Context, doc Document, r *Report, p Progress) (err error) {
	dir, clean, err := c.scratch()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clean()) }()
	all, _, err := c.tasks(ctx, doc, r.ID, false, dir)
	if err != nil {
		return err
	}
	return c.each(all, r, func(t task) (Part, error) { return t.adapter.Verify(ctx, t.job, t.progress(p, len(all))) })
}

// scratch makes folders by name, until clean removes them. They are held as long.
func (c *Copier) scratch() (dir func(name string) (string, error), clean func() error, err error) {
	if err := os.MkdirAll(c.deps.Dir, 0o700); err != nil {
		return nil, nil, events.Errorf(events.KindInternal, "choose another folder with --data-dir", "make folder for state: %w", err)
	}
	c.prune()
	root, err := os.MkdirTemp(c.deps.Dir, scratchPrefix)
	if err != nil {
		return nil, nil, events.Errorf(events.KindInternal, "choose another folder with --data-dir", "make folder for state: %w", err)
	}
	f := folder{dir: root}
	if err := f.hold(); err != nil {
		return nil, nil, err
	}
	dir = func(name string) (string, error) { return os.MkdirTemp(root, name+"-") }
	return dir, func() error { defer f.close(); return os.RemoveAll(root) }, nil
}
