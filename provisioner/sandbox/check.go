package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// The disk that programs, images and logs need.
const (
	gibibyte  = 1 << 30
	wantSpace = 6 * gibibyte
)

// Check implements provisioner.Driver: it tests what a sandbox needs of this
// machine by using it, in namespaces that end with the test.
func (d *Driver) Check(ctx context.Context, doc provisioner.Document) []provisioner.Check {
	checks := []provisioner.Check{checkSystem(runtime.GOOS), checkRoot(os.Geteuid()), checkVersion(doc)}
	for _, program := range programs() {
		checks = append(checks, checkProgram(program))
	}
	if failed(checks) {
		// The rest would only say the same again.
		return checks
	}
	for _, feature := range features() {
		checks = append(checks, feature.check(ctx))
	}
	return append(checks, checkOverlay(ctx), checkCgroups(), checkWatchers(doc.Spec.Nodes), checkSpace(d.dataDir))
}

// failed reports whether a check did.
func failed(checks []provisioner.Check) bool {
	for _, c := range checks {
		if !c.OK {
			return true
		}
	}
	return false
}

// checkSystem wants Linux.
func checkSystem(goos string) provisioner.Check {
	return provisioner.Check{Name: "system", OK: goos == "linux", Found: goos, Hint: "a sandbox needs Linux"}
}

// checkRoot wants the administrator.
func checkRoot(uid int) provisioner.Check {
	return provisioner.Check{
		Name: "root", OK: uid == 0, Found: fmt.Sprintf("user id %d", uid),
		Hint: "run the command as root, or with sudo",
	}
}

// checkVersion wants the version that can be built.
func checkVersion(doc provisioner.Document) provisioner.Check {
	want := doc.Spec.Kubernetes.Version
	return provisioner.Check{
		Name: "kubernetes", OK: want == "" || want == KubernetesVersion, Found: KubernetesVersion,
		Hint: fmt.Sprintf("a sandbox has Kubernetes %s; leave spec.kubernetes.version out", KubernetesVersion),
	}
}

// program is a program of the host and the Debian package it is in.
type program struct{ name, pkg, purpose string }

// programs are what a sandbox needs besides what it builds.
func programs() []program {
	return []program{
		{"nft", "nftables", "services"},
		{"ip", "iproute2", "this check"},
		{"mount", "mount", "volumes"},
		{"unshare", "util-linux", "this check"},
		{"go", "golang", "building Kubernetes"},
		{"gcc", "gcc libc6-dev", "building runc"},
	}
}

// checkProgram wants a program on the path.
func checkProgram(p program) provisioner.Check {
	path, err := exec.LookPath(p.name)
	c := provisioner.Check{Name: p.name, OK: err == nil, Found: path}
	if err != nil {
		c.Found = "not on the path"
		c.Hint = fmt.Sprintf("apt-get install %s (for %s)", p.pkg, p.purpose)
		if p.name == "go" {
			c.Hint = "install Go 1.26 or newer from https://go.dev/dl (for " + p.purpose + ")"
		}
	}
	return c
}

// feature is something of the kernel, tried out in namespaces of its own.
type feature struct {
	name, hint string
	commands   []string
}

// features are what a sandbox needs of the kernel.
func features() []feature {
	return []feature{
		{"namespaces", "the kernel or the container around this shell forbids namespaces; run on a machine or a privileged container", []string{"true"}},
		{"veth", "modprobe veth", []string{"ip", "link", "add", "test0", "type", "veth", "peer", "name", "test1"}},
		{"bridge", "modprobe bridge", []string{"ip", "link", "add", "test0", "type", "bridge"}},
		{"nftables", "modprobe nf_tables", []string{"nft", "add", "table", "ip", "shakedown"}},
	}
}

// check tries the feature out.
func (f feature) check(ctx context.Context) provisioner.Check {
	args := append([]string{"--mount", "--pid", "--fork", "--net", "--uts", "--ipc", "--cgroup", "--"}, f.commands...)
	out, err := exec.CommandContext(ctx, "unshare", args...).CombinedOutput()
	c := provisioner.Check{Name: f.name, OK: err == nil, Found: "works"}
	if err != nil {
		c.Found, c.Hint = strings.TrimSpace(fmt.Sprintf("%v: %s", err, out)), f.hint
	}
	return c
}

// checkOverlay wants the file system of containers, as far as it can be seen
// without making a directory: the kernel lists it or can load it.
func checkOverlay(ctx context.Context) provisioner.Check {
	c := provisioner.Check{Name: "overlayfs", OK: true, Found: "works"}
	raw, err := os.ReadFile("/proc/filesystems")
	if err == nil && strings.Contains(string(raw), "\toverlay\n") {
		return c
	}
	if exec.CommandContext(ctx, "modprobe", "--dry-run", "overlay").Run() == nil {
		return c
	}
	c.OK, c.Found, c.Hint = false, "unknown to the kernel", "modprobe overlay"
	return c
}

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

// Watchers of files that the programs of a sandbox open, as counted: the kernel
// limits them per user, and a program that gets none does not start.
const (
	watchersPerNode    = 9
	watchersPerCluster = 12
)

// checkWatchers wants enough of them for one more cluster.
func checkWatchers(nodes int) provisioner.Check {
	c := provisioner.Check{Name: "inotify"}
	limit, err := readNumber("/proc/sys/fs/inotify/max_user_instances")
	if err != nil {
		c.Found, c.Hint = err.Error(), "a sandbox needs inotify"
		return c
	}
	used, need := countWatchers(), watchersPerCluster+nodes*watchersPerNode
	c.OK = used+need <= limit
	c.Found = fmt.Sprintf("%d of %d instances in use, %d more needed", used, limit, need)
	if !c.OK {
		c.Hint = fmt.Sprintf("sysctl fs.inotify.max_user_instances=%d", max(1024, 2*(used+need)))
	}
	return c
}

// readNumber reads a file with one number.
func readNumber(path string) (int, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(raw)))
}

// countWatchers counts the open watchers of all processes; processes that end
// meanwhile do not count.
func countWatchers() int {
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0
	}
	used := 0
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == "anon_inode:inotify" {
			used++
		}
	}
	return used
}

// checkSpace wants room in the data directory, or where it will be.
func checkSpace(dir string) provisioner.Check {
	c := provisioner.Check{Name: "disk"}
	for {
		var stat syscall.Statfs_t
		err := syscall.Statfs(dir, &stat)
		if err == nil {
			free := stat.Bavail * uint64(stat.Bsize)
			c.OK = free >= wantSpace
			c.Found = fmt.Sprintf("%.1f GiB free in %s", float64(free)/gibibyte, dir)
			c.Hint = fmt.Sprintf("make %d GiB free, or choose another data directory", wantSpace/gibibyte)
			break
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		c.Found = err.Error()
		break
	}
	if c.OK {
		c.Hint = ""
	}
	return c
}
