//go:build real

package sandbox

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/provisioner/provisionertest"
)

// trace is everything on this machine that a sandbox could leave behind. What
// belongs to sandboxes with another data directory is left out: others may use
// this machine.
type trace struct {
	Processes, Mounts, Links, Routes, Tables, Cgroups, Files []string
	Sysctls                                                  map[string]string
}

// same fails the test if there is more now than there was, or if a setting has
// changed. What is gone meanwhile was not ours.
func (before trace) same(t *testing.T, after trace) {
	t.Helper()
	for _, l := range []struct {
		what          string
		before, after []string
	}{
		{"process", before.Processes, after.Processes},
		{"mount", before.Mounts, after.Mounts},
		{"interface", before.Links, after.Links},
		{"route", before.Routes, after.Routes},
		{"packet filter rule", before.Tables, after.Tables},
		{"control group", before.Cgroups, after.Cgroups},
		{"file", before.Files, after.Files},
	} {
		for _, line := range l.after {
			if !slices.Contains(l.before, line) {
				t.Errorf("left behind: %s %s", l.what, line)
			}
		}
	}
	if diff := cmp.Diff(before.Sysctls, after.Sysctls); diff != "" {
		t.Errorf("settings have changed (-before +after):\n%s", diff)
	}
}

// survey is what there is on this machine now.
func survey(t *testing.T, dir string) trace {
	t.Helper()
	return trace{
		Processes: programsRunning(t, dir),
		Mounts:    lines(t, "/proc/self/mountinfo"),
		Links:     links(t, dir),
		Routes:    routes(t, dir),
		Tables:    tables(t),
		Cgroups:   cgroups(t, dir),
		Files:     tree(t, dir),
		Sysctls:   sysctls(t),
	}
}

// elsewhere reports whether a path or a line belongs to a sandbox that lives
// elsewhere.
func elsewhere(dir, line string) bool {
	for _, prefix := range []string{"shakedown-", "sd-"} {
		_, id, ok := strings.Cut(line, prefix)
		if !ok || len(id) < 8 {
			continue
		}
		for _, name := range []string{"alpha", "beta", "gamma", provisionertest.First, provisionertest.Second} {
			if strings.HasPrefix(id, newLayout(dir, name).id) {
				return false
			}
		}
		return true
	}
	return false
}

// programsRunning are the processes in control groups of sandboxes, and those of
// our programs that were started for a sandbox in dir.
func programsRunning(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, p := range entries {
		exe, err := os.Readlink(filepath.Join(p, "exe"))
		group, _ := os.ReadFile(filepath.Join(p, "cgroup"))
		command, _ := os.ReadFile(filepath.Join(p, "cmdline"))
		tool := strings.Contains(exe, "/shakedown/sandbox/") || strings.Contains(exe, dir)
		ours := strings.Contains(string(group), "/shakedown-") || tool && strings.Contains(string(command), dir)
		if err == nil && ours && !elsewhere(dir, string(group)) {
			found = append(found, exe)
		}
	}
	slices.Sort(found)
	return found
}

// members are the processes in a control group and below.
func members(t *testing.T, group string) []string {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, p := range entries {
		if raw, err := os.ReadFile(p); err == nil && strings.Contains(string(raw), group) {
			found = append(found, p)
		}
	}
	return found
}

func links(t *testing.T, dir string) []string {
	t.Helper()
	return without(dir, names(t, "/sys/class/net"))
}

func routes(t *testing.T, dir string) []string {
	t.Helper()
	return without(dir, lines(t, "/proc/net/route"))
}

func tables(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "nft", "list", "ruleset").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.Split(string(out), "\n")
}

// cgroups are the control groups of the first two levels of every hierarchy.
func cgroups(t *testing.T, dir string) []string {
	t.Helper()
	mounts, err := cgroupMounts()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range mounts {
		for _, pattern := range []string{"*/cgroup.procs", "*/*/cgroup.procs"} {
			matches, err := filepath.Glob(filepath.Join(m, pattern))
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, matches...)
		}
	}
	// The place this test itself runs in has neighbours that come and go.
	return slices.DeleteFunc(without(dir, found), func(path string) bool {
		return !strings.Contains(path, "shakedown") && !strings.Contains(path, "kube") && !strings.Contains(path, "k8s")
	})
}

// tree are the files of the data directory, and what lies in those places of
// this machine that a container runtime uses.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	for _, place := range []string{"/run", "/var/lib", "/var/log", "/etc", "/opt", "/etc/cni", "/run/netns", "/var/lib/cni"} {
		if _, err := os.Stat(place); err == nil {
			for _, name := range names(t, place) {
				found = append(found, filepath.Join(place, name))
			}
		}
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && path != filepath.Join(dir, "clusters") {
			found = append(found, path)
		}
		if err == nil && entry.IsDir() && filepath.Dir(path) == filepath.Join(dir, "clusters") {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// sysctls are the settings of the whole machine that a kubelet or a CNI plugin
// likes to change.
func sysctls(t *testing.T) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, pattern := range []string{
		"vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic*", "kernel/keys/root_max*", "kernel/hostname",
		"net/ipv4/ip_forward", "net/ipv4/conf/all/*", "net/ipv4/conf/default/*", "net/bridge/*", "net/netfilter/nf_conntrack_max",
	} {
		paths, err := filepath.Glob(filepath.Join("/proc/sys", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if raw, err := os.ReadFile(path); err == nil {
				values[path] = strings.TrimSpace(string(raw))
			}
		}
	}
	return values
}

// names are the entries of a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := make([]string, 0, len(entries))
	for _, e := range entries {
		found = append(found, e.Name())
	}
	return found
}

// lines are those of a file.
func lines(t *testing.T, path string) []string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(raw)), "\n")
}

// without leaves out what belongs to others.
func without(dir string, all []string) []string {
	return slices.DeleteFunc(all, func(line string) bool { return elsewhere(dir, line) })
}
