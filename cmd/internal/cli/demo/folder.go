package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/shakedown-dev/shakedown/examples"
)

// mark says that the data directory was empty before the demo, so that what a server
// keeps there is the demo's and goes with it.
func mark(data string) string { return filepath.Join(data, "demo", "data-directory-is-ours") }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// claim marks a data directory that is new.
func claim(data string) error {
	entries, err := os.ReadDir(data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read data directory: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(mark(data)), 0o700); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	if len(entries) > 0 {
		return nil
	}
	if err := os.WriteFile(mark(data), nil, 0o600); err != nil {
		return fmt.Errorf("mark data directory: %w", err)
	}
	return nil
}

// clearFolder removes what the demo wrote: its own folder, and in a data directory
// that was new the server's files as well. Anything else stays.
func clearFolder(data string) error {
	_, notOurs := os.Stat(mark(data))
	names := []string{"demo"}
	if notOurs == nil {
		names = append(names, "jetstream", "nats.json", "nats.lock", "nats.token", "owner", "server.json", "server.log", "hook.secret", filepath.Join("datamove", "folder.id"))
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, os.RemoveAll(filepath.Join(data, name)))
	}
	if notOurs == nil {
		for _, name := range []string{"clusters", "kubeconfigs", "existing", "datamove", ""} {
			_ = os.Remove(filepath.Join(data, name)) // what is not empty is not ours alone
		}
	}
	return errors.Join(errs...)
}

// writeSpecs puts the shop's specs into the data directory, where the server and the
// user find them.
func writeSpecs(data string) (string, error) {
	dir := filepath.Join(data, "demo", "specs")
	err := fs.WalkDir(examples.Shop, "shop", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, strings.TrimPrefix(path, "shop"))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		raw, err := examples.Shop.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, raw, 0o600)
	})
	if err != nil {
		return "", fmt.Errorf("write specs of the demo: %w", err)
	}
	return dir, nil
}
