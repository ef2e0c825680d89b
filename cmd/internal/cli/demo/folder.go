package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/examples"
)

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
	if err := os.MkdirAll(filepath.Dir(app.DemoMark(data)), 0o700); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	if len(entries) > 0 {
		return nil
	}
	if err := os.WriteFile(app.DemoMark(data), nil, 0o600); err != nil {
		return fmt.Errorf("mark data directory: %w", err)
	}
	return nil
}

// clearFolder removes what the demo wrote: its own folder, and in a data directory that
// nothing else has used the server's files as well. Anything else stays.
func clearFolder(data string) error {
	ours := exists(app.DemoMark(data))
	names := []string{"demo"}
	if ours {
		names = append(names, "jetstream", "nats.json", "nats.lock", "nats.token", "owner", "server.json", "server.log", "hook.secret")
	}
	if copies, _ := os.ReadDir(filepath.Join(data, "datamove")); ours && len(copies) == 1 { // the id alone: nothing was copied
		names = append(names, filepath.Join("datamove", "folder.id"))
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, os.RemoveAll(filepath.Join(data, name)))
	}
	if ours {
		for _, name := range []string{"clusters", "kubeconfigs", "existing", "datamove", ""} {
			_ = os.Remove(filepath.Join(data, name)) // what is not empty is not ours alone
		}
	}
	return errors.Join(errs...)
}

// writeSpecs puts the shop's specs into the data directory, where the server and the
// user find them.
func writeSpecs(data string) (string, error) {
	dir := app.DemoSpecs(data)
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
