package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// DemoMark is a file in a data directory that was empty before the demo: what is kept there
// is the demo's and goes with it. It is gone as soon as anything else uses the directory.
func DemoMark(dataDir string) string {
	return filepath.Join(dataDir, "demo", "data-directory-is-ours")
}

// DemoSpecs is the folder of the demo's specs. A server that reads them is the demo's.
func DemoSpecs(dataDir string) string { return filepath.Join(dataDir, "demo", "specs") }

// leaveDemo notes that the data directory is used for more than the demo.
func (o Options) leaveDemo() error {
	if o.Demo {
		return nil
	}
	if err := os.Remove(DemoMark(o.DataDir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("note that the data directory is not the demo's alone: %w", err)
	}
	return nil
}
