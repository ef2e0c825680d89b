package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// demoMark says that the data directory was empty before the demo, so that what a
// server keeps there is the demo's and goes with it.
func (f *factory) demoMark() string { return filepath.Join(f.data(), "demo", "data-directory-is-ours") }

// claimDataDir marks a data directory that is new.
func (f *factory) claimDataDir() error {
	entries, err := os.ReadDir(f.data())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read data directory: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(f.demoMark()), 0o700); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	if len(entries) > 0 {
		return nil
	}
	if err := os.WriteFile(f.demoMark(), nil, 0o600); err != nil {
		return fmt.Errorf("mark data directory: %w", err)
	}
	return nil
}

// clearDataDir removes what the demo wrote: its own folder, and in a data
// directory that was new the server's files as well. Anything else stays.
func (f *factory) clearDataDir() error {
	_, notOurs := os.Stat(f.demoMark())
	names := []string{"demo"}
	if notOurs == nil {
		names = append(names, "jetstream", "nats.json", "nats.lock", "nats.token", "owner", "server.json", "server.log", "hook.secret")
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, os.RemoveAll(filepath.Join(f.data(), name)))
	}
	if notOurs == nil {
		for _, name := range []string{"clusters", "kubeconfigs", "existing", ""} {
			removeEmpty(filepath.Join(f.data(), name))
		}
	}
	return errors.Join(errs...)
}

// removeEmpty removes a folder that is empty; one that holds something stays.
func removeEmpty(path string) {
	_ = os.Remove(path) // what is not empty is not ours alone
}
