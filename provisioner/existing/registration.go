package existing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// registration is what is kept of a cluster.
type registration struct {
	Name       string `json:"name"`
	Kubeconfig string `json:"kubeconfig"`
	Context    string `json:"context"`
	// Exec says that a person has allowed the programs by which the kubeconfig logs in.
	Exec    bool      `json:"exec,omitempty"`
	Created time.Time `json:"created"`
}

// path is the file of a registration.
func (d *Driver) path(name string) string { return filepath.Join(d.dir, name+".json") }

// save writes a new registration, whole or not at all. One that is there already
// stays: the kind of the error is refused.
func (d *Driver) save(r registration) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	temp, err := writeTemp(d.dir, raw)
	if err != nil {
		return err
	}
	err = os.Link(temp, d.path(r.Name))
	if errors.Is(err, fs.ErrExist) {
		err = provisioner.Exists(r.Name)
	}
	return errors.Join(err, os.Remove(temp))
}

// writeTemp writes a file with a name of its own, for its owner's eyes.
func writeTemp(dir string, raw []byte) (string, error) {
	f, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return "", err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// load reads a registration.
func (d *Driver) load(name string) (registration, error) {
	var r registration
	raw, err := os.ReadFile(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return r, provisioner.NotFound(name)
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("registration of cluster %s: %w", name, err)
	}
	return r, nil
}

// remove removes a registration.
func (d *Driver) remove(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	err := os.Remove(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return provisioner.NotFound(name)
	}
	return err
}
