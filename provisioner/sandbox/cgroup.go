package sandbox

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// removeCgroups removes the control group with everything below it from every
// hierarchy. A group stays busy for a moment after its last process ended.
func removeCgroups(ctx context.Context, path string) error {
	mounts, err := cgroupMounts()
	if err != nil {
		return err
	}
	for _, m := range mounts {
		dir := filepath.Join(m, path)
		err := poll(ctx, func() (bool, error) { return removeTree(dir) })
		if err != nil {
			return err
		}
	}
	return nil
}

// removeTree removes the groups below dir from the leaves up, and reports
// whether all are gone.
func removeTree(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	gone := true
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		done, err := removeTree(filepath.Join(dir, e.Name()))
		if err != nil {
			return false, err
		}
		gone = gone && done
	}
	err = syscall.Rmdir(dir)
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return gone, nil
	case errors.Is(err, syscall.EBUSY), errors.Is(err, syscall.ENOTEMPTY):
		return false, nil
	}
	return false, &fs.PathError{Op: "rmdir", Path: dir, Err: err}
}

// cgroupMounts are the mounted hierarchies of this machine.
func cgroupMounts() ([]string, error) {
	raw, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var mounts []string
	for line := range strings.Lines(string(raw)) {
		before, after, ok := strings.Cut(line, " - ")
		fields := strings.Fields(before)
		if ok && strings.HasPrefix(after, "cgroup") && len(fields) > 4 {
			mounts = append(mounts, fields[4])
		}
	}
	return mounts, nil
}
