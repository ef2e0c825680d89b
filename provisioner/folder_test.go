package provisioner_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// folder is a driver whose clusters are files with their state, so that they
// outlive the process that makes them.
type folder struct {
	dir, name string
	// half is called when a cluster is half made; nil goes on.
	half func(ctx context.Context) error
	// keeps is asked by Destroy: it fails with the error, or says falsely that nothing
	// is left; nil removes.
	keeps func() (falsely bool, err error)
	// created and destroyed count what was done.
	created, destroyed *atomic.Int64
}

func newFolder(dir string) *folder {
	return &folder{dir: dir, name: provisioner.DriverSandbox, created: new(atomic.Int64), destroyed: new(atomic.Int64)}
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *folder) Name() string { return f.name }

func (*folder) Check(_ context.Context, d provisioner.Document) []provisioner.Check {
	return []provisioner.Check{{Name: "version", OK: d.Spec.Kubernetes.Version == "", Found: "v1.36.3", Hint: "leave it out"}}
}

func (f *folder) Create(ctx context.Context, d provisioner.Document, p provisioner.Progress) (provisioner.Status, error) {
	name := d.Metadata.Name
	file, err := os.OpenFile(f.path(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return provisioner.Status{}, provisioner.Exists(name)
	}
	if err != nil {
		return provisioner.Status{}, provisioner.Untouched(err)
	}
	_ = file.Close()
	err = provisioner.Step(p, "half", func() error {
		if f.half == nil {
			return nil
		}
		return f.half(ctx)
	})
	if err != nil {
		return provisioner.Status{}, err
	}
	f.created.Add(1)
	if err := os.WriteFile(f.path(name), []byte(provisioner.StateReady), 0o600); err != nil {
		return provisioner.Status{}, err
	}
	return f.Show(ctx, name)
}

func (f *folder) List(ctx context.Context) ([]provisioner.Status, error) {
	entries, err := os.ReadDir(f.dir)
	var list []provisioner.Status
	for _, e := range entries {
		if s, err := f.Show(ctx, e.Name()); err == nil {
			list = append(list, s)
		}
	}
	return list, err
}

func (f *folder) Show(_ context.Context, name string) (provisioner.Status, error) {
	raw, err := os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return provisioner.Status{}, provisioner.NotFound(name)
	}
	s := provisioner.Status{Name: name, Driver: f.name, State: provisioner.State(raw), Created: time.Unix(0, 0), Nodes: make([]provisioner.Node, 3)}
	if len(raw) == 0 {
		s.State, s.Reason = provisioner.StateBroken, "half made"
	}
	return s, err
}

func (f *folder) Kubeconfig(ctx context.Context, name string) ([]byte, error) {
	_, err := f.Show(ctx, name)
	return nil, err
}

func (f *folder) Destroy(ctx context.Context, name string, _ provisioner.Progress) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if f.keeps != nil {
		if falsely, err := f.keeps(); falsely || err != nil {
			return err
		}
	}
	err := os.Remove(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return provisioner.NotFound(name)
	}
	f.destroyed.Add(1)
	return err
}
