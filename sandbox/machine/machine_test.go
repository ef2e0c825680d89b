package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseHierarchies(t *testing.T) {
	const (
		tmpfs   = "28 27 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
		memory  = "33 28 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
		cpu     = "34 28 0:32 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
		systemd = "37 28 0:35 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,release_agent=/a,name=systemd\n"
		hybrid  = "38 28 0:36 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
		unified = "28 27 0:26 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
		other   = "40 27 0:40 / /mnt/cgroup rw - cgroup cgroup rw,pids\n"
	)
	for _, test := range []struct{ name, mountinfo, want string }{
		{"v1", tmpfs + memory + cpu + systemd, "memory=memory cpu,cpuacct=cpu,cpuacct systemd=none,name=systemd"},
		{"hybrid is v1", tmpfs + memory + hybrid, "memory=memory"},
		{"v2", unified, "cgroup=v2"},
		{"elsewhere", tmpfs + other, ""},
		{"nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, h := range parseHierarchies(test.mountinfo) {
				if h.unified {
					h.options = "v2"
				}
				got = append(got, filepath.Base(h.mount)+"="+h.options)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestDelegate uses a plain directory, whose files keep the last word written.
func TestDelegate(t *testing.T) {
	for _, test := range []struct {
		name, enabled string
		host          bool
		want          string
	}{
		{"what the host lacks", "cpuset cpu", true, "+memory +pids"},
		{"nothing more of the host", "cpuset cpu memory pids", true, "cpuset cpu memory pids"},
		{"all in a group of its own", "cpuset cpu memory pids", false, "+rdma"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			control := filepath.Join(dir, "cgroup.subtree_control")
			for path, content := range map[string]string{
				filepath.Join(dir, "cgroup.controllers"): "cpuset cpu memory pids rdma\n", control: test.enabled,
			} {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := delegate(dir, test.host); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(control); err != nil || string(got) != test.want {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestSpecRefusesUnknownFields(t *testing.T) {
	path := filepath.Join(t.TempDir(), "machine.json")
	if err := os.WriteFile(path, []byte(`{"name":"a","colour":"red"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readSpec(path); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("error %v", err)
	}
}

func TestIdentityIsKept(t *testing.T) {
	dir := t.TempDir()
	id, err := identify(os.Getpid())
	if err != nil || id.Start == 0 {
		t.Fatal(id, err)
	}
	if err := writeIdentity(dir, id); err != nil {
		t.Fatal(err)
	}
	if got, err := readIdentity(dir); err != nil || got != id {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestWaitFor wants a process that waits for nothing started at once.
func TestWaitFor(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		waitFor("")
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
		t.Error("waits for nothing")
	}
}

func TestBootIDs(t *testing.T) {
	a, b := bootID(), bootID()
	if a == b || len(a) != 36 || a[14] != '4' {
		t.Errorf("boot ids %s and %s", a, b)
	}
}
