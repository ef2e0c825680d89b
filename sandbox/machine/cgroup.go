package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const cgroupRoot = "/sys/fs/cgroup"

// hierarchy is one mounted cgroup hierarchy of the host.
type hierarchy struct {
	mount   string
	unified bool
	// options are the mount options that name a v1 hierarchy.
	options string
}

// hierarchies lists what the host has mounted. Where v1 controllers exist, the
// controller-less v2 mount of a hybrid host is left alone.
func hierarchies() ([]hierarchy, error) {
	raw, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	found := parseHierarchies(string(raw))
	if len(found) == 0 {
		return nil, errors.New("no cgroup hierarchy is mounted below " + cgroupRoot)
	}
	return found, nil
}

// parseHierarchies reads the cgroup mounts out of a mountinfo file.
func parseHierarchies(mountinfo string) []hierarchy {
	var v1, v2 []hierarchy
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 5 || len(right) < 3 || !strings.HasPrefix(left[4], cgroupRoot) {
			continue
		}
		switch right[0] {
		case "cgroup":
			v1 = append(v1, hierarchy{mount: left[4], options: v1Options(right[2])})
		case "cgroup2":
			v2 = append(v2, hierarchy{mount: left[4], unified: true})
		}
	}
	if len(v1) > 0 {
		return v1
	}
	return v2
}

// v1Options keeps the options that select a v1 hierarchy.
func v1Options(super string) string {
	var keep []string
	for option := range strings.SplitSeq(super, ",") {
		switch {
		case strings.HasPrefix(option, "name="):
			keep = append(keep, "none", option)
		case option == "rw", option == "ro", option == "xattr", option == "clone_children",
			option == "cpuset_v2_mode", option == "noprefix", strings.HasPrefix(option, "release_agent="):
		default:
			keep = append(keep, option)
		}
	}
	return strings.Join(keep, ",")
}

// makeCgroups makes the machine's control group in every hierarchy.
func makeCgroups(path string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range all {
		if err := h.make(path); err != nil {
			return err
		}
	}
	return nil
}

// make creates path below the hierarchy, level by level, so that it is usable:
// a v1 cpuset starts empty and a v2 group without controllers.
func (h hierarchy) make(path string) error {
	dir := h.mount
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if h.unified {
			if err := delegate(dir, dir == h.mount); err != nil {
				return err
			}
		}
		parent := dir
		dir = filepath.Join(dir, part)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := inheritCpuset(parent, dir); !h.unified && err != nil {
			return err
		}
	}
	return nil
}

// delegate hands the controllers of a v2 group to its children: every one in a
// group of the sandbox, and no more than are needed in one of the host, which
// keeps them when the sandbox is gone.
func delegate(dir string, host bool) error {
	raw, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return err
	}
	have, err := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control"))
	if err != nil {
		return err
	}
	must, may := missing(string(raw), string(have))
	control := filepath.Join(dir, "cgroup.subtree_control")
	if len(must) > 0 {
		// In one word, so that a group that refuses one of them has none.
		if err := os.WriteFile(control, []byte(strings.Join(must, " ")), 0o644); err != nil {
			return fmt.Errorf("controllers %s: %w", strings.Join(must, " "), err)
		}
	}
	if host {
		return nil
	}
	for _, word := range may {
		_ = os.WriteFile(control, []byte(word), 0o644)
	}
	return nil
}

// missing are the words that hand out what a group has and its children have
// not: the controllers that are needed, and the others.
func missing(controllers, enabled string) (must, may []string) {
	have := strings.Fields(enabled)
	for name := range strings.FieldsSeq(controllers) {
		switch {
		case slices.Contains(have, name):
		case needed(name):
			must = append(must, "+"+name)
		default:
			may = append(may, "+"+name)
		}
	}
	return must, may
}

// needed reports whether a kubelet does not start without the controller.
func needed(controller string) bool {
	return slices.Contains([]string{"cpu", "cpuset", "memory", "pids"}, controller)
}

// inheritCpuset copies a v1 cpuset from its parent; in other hierarchies there
// is nothing to copy.
func inheritCpuset(parent, dir string) error {
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		value, err := os.ReadFile(filepath.Join(parent, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), value, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// joinCgroups moves this process into the machine's control groups and makes
// them its own root. The thread must be locked, and only an exec carries the
// namespace to the whole process.
func joinCgroups(path string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range all {
		if err := enter(filepath.Join(h.mount, path)); err != nil {
			return err
		}
	}
	if err := syscall.Unshare(syscall.CLONE_NEWCGROUP); err != nil {
		return fmt.Errorf("cgroup namespace: %w", err)
	}
	for _, h := range all {
		if err := h.vacate(path); err != nil {
			return err
		}
	}
	return nil
}

// vacate moves this process into a child of its v2 group, since a group that
// hands out controllers holds no processes itself.
func (h hierarchy) vacate(path string) error {
	if !h.unified {
		return nil
	}
	dir := filepath.Join(h.mount, path)
	child := filepath.Join(dir, "init")
	if err := os.Mkdir(child, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := enter(child); err != nil {
		return err
	}
	return delegate(dir, false)
}

// enter moves this process into the control group dir.
func enter(dir string) error {
	return os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0o644)
}

// mountCgroups gives the machine the view of its own control groups, laid out
// as on the host.
func mountCgroups(root string, all []hierarchy) error {
	top := filepath.Join(root, cgroupRoot)
	if len(all) == 1 && all[0].unified {
		return mount("cgroup2", top, "cgroup2", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, "")
	}
	if err := mount("tmpfs", top, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, "mode=755"); err != nil {
		return err
	}
	for _, h := range all {
		dir := filepath.Join(root, h.mount)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := mount("cgroup", dir, "cgroup", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, h.options); err != nil {
			return err
		}
	}
	return aliasCgroups(top)
}

// aliasCgroups repeats the host's links, such as cpu for cpu,cpuacct.
func aliasCgroups(top string) error {
	entries, err := os.ReadDir(cgroupRoot)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Type()&fs.ModeSymlink == 0 {
			continue
		}
		target, err := os.Readlink(filepath.Join(cgroupRoot, entry.Name()))
		if err != nil {
			return err
		}
		if err := os.Symlink(target, filepath.Join(top, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
