package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// cgroupRoot is where the control groups of a machine are mounted.
const cgroupRoot = "/sys/fs/cgroup"

// checkCgroups wants control groups of either version.
func checkCgroups() provisioner.Check {
	mounts, err := cgroupMounts()
	c := provisioner.Check{Name: "cgroups", OK: err == nil && len(mounts) > 0, Found: fmt.Sprintf("%d hierarchies", len(mounts))}
	if !c.OK {
		c.Hint = "mount -t cgroup2 cgroup2 " + cgroupRoot
		return c
	}
	if len(mounts) == 1 {
		return checkUnified(mounts[0])
	}
	return c
}

// checkUnified wants a v2 hierarchy that can hand out the controllers of a
// kubelet. In a container its root is an ordinary group, which hands out none
// as long as it holds processes itself.
func checkUnified(root string) provisioner.Check {
	c := provisioner.Check{Name: "cgroups"}
	raw, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
	if errors.Is(err, fs.ErrNotExist) {
		c.OK, c.Found = true, "1 hierarchy of version 1"
		return c
	}
	if err != nil {
		c.Found, c.Hint = err.Error(), "a sandbox needs the control groups of this machine"
		return c
	}
	if lacks := lacking([]string{"cpu", "cpuset", "memory", "pids"}, string(raw)); len(lacks) > 0 {
		c.Found = "version 2 without " + strings.Join(lacks, ", ")
		c.Hint = "boot with these controllers enabled, or hand them to the container around this shell"
		return c
	}
	inner, err := innerProcesses(root)
	if err != nil {
		c.Found, c.Hint = err.Error(), "a sandbox needs an ordinary control group as its root"
		return c
	}
	if inner {
		c.Found = "version 2, with processes in the root group of a container"
		c.Hint = fmt.Sprintf("mkdir -p %[1]s/init && while read p; do echo $p >%[1]s/init/cgroup.procs; done <%[1]s/cgroup.procs", root)
		return c
	}
	c.OK, c.Found = true, "version 2"
	return c
}

// innerProcesses reports whether a group other than the kernel's own root,
// which alone has no type, holds processes.
func innerProcesses(dir string) (bool, error) {
	if _, err := os.Stat(filepath.Join(dir, "cgroup.type")); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	raw, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	return len(strings.TrimSpace(string(raw))) > 0, err
}

// lacking are the words that are not in the text.
func lacking(words []string, text string) []string {
	there := strings.Fields(text)
	return slices.DeleteFunc(words, func(word string) bool { return slices.Contains(there, word) })
}
