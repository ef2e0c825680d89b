package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// KubernetesVersion is the one version that a sandbox can have.
const KubernetesVersion = "v1.37.2"

// Builder makes the programs of a sandbox.
type Builder interface {
	// Build returns a directory for each group of programs, building what is
	// missing. It is safe to call from several processes at once.
	Build(ctx context.Context, p provisioner.Progress, groups ...string) (map[string]string, error)
}

// Config is what a Driver needs.
type Config struct {
	// DataDir is where sandboxes live, below clusters.
	DataDir string
	// Builder makes the programs.
	Builder Builder
	// Now is the time, for certificates and records.
	Now func() time.Time
	// Log receives what changes.
	Log *slog.Logger
}

// Driver makes sandboxes. It holds no state but on disk: a sandbox outlives the
// process that made it.
type Driver struct {
	dataDir string
	builder Builder
	now     func() time.Time
	log     *slog.Logger
}

var _ provisioner.Switch = (*Driver)(nil)

// New returns a driver whose sandboxes live below the data directory.
func New(c Config) (*Driver, error) {
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w", c.DataDir, err)
	}
	return &Driver{dataDir: dir, builder: c.Builder, now: c.Now, log: c.Log}, nil
}

// Name implements provisioner.Driver.
func (*Driver) Name() string { return provisioner.DriverSandbox }

// open locks the sandbox, until the function it returns is called, and reads
// its record.
func (d *Driver) open(ctx context.Context, name string) (*sandbox, func(), error) {
	l := newLayout(d.dataDir, name)
	if _, err := os.Stat(l.dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, provisioner.NotFound(name)
	}
	lock, err := lockFile(ctx, l.lock())
	if err != nil {
		return nil, nil, fmt.Errorf("locking cluster %s: %w", name, err)
	}
	c, err := loadRecord(l.record())
	if err != nil {
		_ = lock.Close()
		return nil, nil, provisioner.NotFound(name)
	}
	return &sandbox{layout: l, record: c, lock: lock, log: d.log}, func() { _ = lock.Close() }, nil
}

// peek reads a sandbox without its lock. One whose record cannot be read is half
// made, so that it can be destroyed.
func (d *Driver) peek(name string) (*sandbox, error) {
	l := newLayout(d.dataDir, name)
	c, err := loadRecord(l.record())
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(l.dir); err == nil {
			return &sandbox{layout: l, record: &record{Name: name, State: stateCreating}, log: d.log}, nil
		}
		return nil, provisioner.NotFound(name)
	}
	if err != nil {
		unreadable := &record{Name: name, State: fmt.Sprintf("its record cannot be read: %v", err)}
		return &sandbox{layout: l, record: unreadable, log: d.log}, nil
	}
	return &sandbox{layout: l, record: c, log: d.log}, nil
}

// Create implements provisioner.Driver.
func (d *Driver) Create(ctx context.Context, doc provisioner.Document, p provisioner.Progress) (provisioner.Status, error) {
	name := doc.Metadata.Name
	tools, err := d.builder.Build(ctx, p, allGroups()...)
	if err != nil {
		return provisioner.Status{}, provisioner.Untouched(err)
	}
	l := newLayout(d.dataDir, name)
	lock, err := lockFile(ctx, l.lock())
	if err != nil {
		return provisioner.Status{}, provisioner.Untouched(fmt.Errorf("locking cluster %s: %w", name, err))
	}
	defer func() { _ = lock.Close() }()
	if _, err := os.Stat(l.dir); err == nil {
		return provisioner.Status{}, provisioner.Exists(name)
	}
	c := &record{Name: name, State: stateCreating, Version: KubernetesVersion, Created: d.now().UTC(), Tools: tools}
	s := &sandbox{layout: l, record: c, lock: lock, log: d.log}
	if err := s.create(ctx, d, doc.Spec.Nodes, p); err != nil {
		return provisioner.Status{}, fmt.Errorf("creating cluster %s: %w", name, err)
	}
	return s.status(ctx), nil
}

// allGroups are the groups of programs of a sandbox.
func allGroups() []string {
	return []string{groupMachine, groupRunc, groupContainerd, groupCoreDNS, groupPrometheus, groupKubernetes}
}

// names are the sandboxes below the data directory.
func (d *Driver) names() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(d.dataDir, "clusters"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, err
}

// promised are the networks of the sandboxes below the data directory.
func (d *Driver) promised() ([]subnet, error) {
	names, err := d.names()
	if err != nil {
		return nil, err
	}
	var promised []subnet
	for _, name := range names {
		if c, err := loadRecord(newLayout(d.dataDir, name).record()); err == nil {
			promised = append(promised, c.Subnet)
		}
	}
	return promised, nil
}

// List implements provisioner.Driver.
func (d *Driver) List(ctx context.Context) ([]provisioner.Status, error) {
	names, err := d.names()
	if err != nil {
		return nil, err
	}
	// At once, since one that does not answer takes its time.
	list, errs := make([]provisioner.Status, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { list[i], errs[i] = d.Show(ctx, name) })
	}
	wg.Wait()
	var there []provisioner.Status
	for i, err := range errs {
		switch {
		case err == nil:
			there = append(there, list[i])
		case events.KindOf(err) != events.KindNotFound: // else it was destroyed meanwhile
			return nil, err
		}
	}
	return there, nil
}

// Show implements provisioner.Driver.
func (d *Driver) Show(ctx context.Context, name string) (provisioner.Status, error) {
	s, err := d.peek(name)
	if err != nil {
		return provisioner.Status{}, err
	}
	return s.status(ctx), nil
}

// Kubeconfig implements provisioner.Driver.
func (d *Driver) Kubeconfig(_ context.Context, name string) ([]byte, error) {
	s, err := d.peek(name)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(s.layout.kubeconfig())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, events.Errorf(events.KindUnavailable, "shakedown cluster destroy "+name,
			"cluster %s is half made and has no kubeconfig", name)
	}
	return raw, err
}

// KubeconfigPath is the file that Kubeconfig returns.
func (d *Driver) KubeconfigPath(name string) string { return newLayout(d.dataDir, name).kubeconfig() }

// Destroy implements provisioner.Driver.
func (d *Driver) Destroy(ctx context.Context, name string, p provisioner.Progress) error {
	l := newLayout(d.dataDir, name)
	if _, err := os.Stat(l.dir); errors.Is(err, fs.ErrNotExist) {
		return errors.Join(provisioner.NotFound(name), dropLock(l.lock()))
	}
	lock, err := lockFile(ctx, l.lock())
	if err != nil {
		return fmt.Errorf("locking cluster %s: %w", name, err)
	}
	defer func() { _ = lock.Close() }()
	s := &sandbox{layout: l, record: &record{Name: name}, lock: lock, log: d.log}
	if c, err := loadRecord(l.record()); err == nil {
		s.record = c
	}
	if err := s.destroy(ctx, p); err != nil {
		return fmt.Errorf("destroying cluster %s: %w", name, err)
	}
	return os.Remove(l.lock())
}
