package existing

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// Config is what a Driver needs.
type Config struct {
	// DataDir is where registrations are kept, below existing.
	DataDir string
	// Now is the time, for registrations.
	Now func() time.Time
}

// Driver registers clusters.
type Driver struct {
	dir string
	now func() time.Time
}

var _ provisioner.Driver = (*Driver)(nil)

// New returns a driver that keeps registrations below the data directory.
func New(c Config) (*Driver, error) {
	dir, err := filepath.Abs(filepath.Join(c.DataDir, "existing"))
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w", c.DataDir, err)
	}
	return &Driver{dir: dir, now: c.Now}, nil
}

// Name implements provisioner.Driver.
func (*Driver) Name() string { return provisioner.DriverExisting }

// Check implements provisioner.Driver: the file must hold the context, and the
// context must lead to an API server that lets its user in.
func (d *Driver) Check(ctx context.Context, doc provisioner.Document) []provisioner.Check {
	r, err := resolve(doc)
	if err != nil {
		return []provisioner.Check{failed("kubeconfig", err, "kubectl config get-contexts")}
	}
	checks := []provisioner.Check{{Name: "kubeconfig", OK: true, Found: r.Kubeconfig + ", context " + r.Context}}
	answer, err := survey(ctx, r)
	if err != nil {
		return append(checks, failed("API server", err, "kubectl --context "+r.Context+" get nodes"))
	}
	return append(checks, provisioner.Check{Name: "API server", OK: true, Found: answer.version})
}

// failed is a check that failed.
func failed(name string, err error, hint string) provisioner.Check {
	return provisioner.Check{Name: name, Found: err.Error(), Hint: hint}
}

// Create implements provisioner.Driver. The registration is the last thing it
// does, so an error means that nothing was made.
func (d *Driver) Create(ctx context.Context, doc provisioner.Document, p provisioner.Progress) (provisioner.Status, error) {
	r, err := resolve(doc)
	if err != nil {
		return provisioner.Status{}, provisioner.Untouched(err)
	}
	var answer answer
	err = provisioner.Step(p, "reach "+r.Context, func() error {
		answer, err = survey(ctx, r)
		return err
	})
	if err != nil {
		return provisioner.Status{}, provisioner.Untouched(fmt.Errorf("cluster %s: %w", r.Name, err))
	}
	r.Created = d.now().UTC()
	if err := d.save(r); err != nil {
		return provisioner.Status{}, provisioner.Untouched(err)
	}
	return status(r, answer, nil), nil
}

// List implements provisioner.Driver.
func (d *Driver) List(ctx context.Context) ([]provisioner.Status, error) {
	files, err := filepath.Glob(filepath.Join(d.dir, "*.json"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	list, errs := make([]provisioner.Status, len(files)), make([]error, len(files))
	var surveys sync.WaitGroup
	for i, file := range files { // at once: some may not answer
		surveys.Go(func() {
			list[i], errs[i] = d.Show(ctx, strings.TrimSuffix(filepath.Base(file), ".json"))
		})
	}
	surveys.Wait()
	there := make([]provisioner.Status, 0, len(files))
	for i, err := range errs {
		switch {
		case err == nil:
			there = append(there, list[i])
		case events.KindOf(err) != events.KindNotFound: // else it was forgotten meanwhile
			return nil, err
		}
	}
	return there, nil
}

// Show implements provisioner.Driver.
func (d *Driver) Show(ctx context.Context, name string) (provisioner.Status, error) {
	r, err := d.load(name)
	if err != nil {
		return provisioner.Status{}, err
	}
	answer, err := survey(ctx, r)
	return status(r, answer, err), nil
}

// Kubeconfig implements provisioner.Driver: it is the file with nothing but the
// context that was chosen, and with the keys that the file points to.
func (d *Driver) Kubeconfig(_ context.Context, name string) ([]byte, error) {
	r, err := d.load(name)
	if err != nil {
		return nil, err
	}
	raw, err := r.kubeconfig()
	if err != nil {
		return nil, fmt.Errorf("kubeconfig of cluster %s: %w", name, err)
	}
	return raw, nil
}

// Destroy implements provisioner.Driver: the registration goes, the cluster stays
// as it is.
func (d *Driver) Destroy(ctx context.Context, name string, p provisioner.Progress) error {
	return provisioner.Step(p, "forget "+name, func() error { return d.remove(ctx, name) })
}
