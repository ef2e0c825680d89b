//go:build real

package sandbox

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/provisionertest"
)

func TestConformance(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir, provisionertest.First)
	others := foreignThings(t, dir)
	provisionertest.Run(t, provisionertest.Rig{
		Open:     func(t *testing.T) provisioner.Driver { t.Helper(); return newTestDriver(t, dir) },
		Document: func(name string) provisioner.Document { return testDocument(name, 1) },
		Refused: func(name string) provisioner.Document {
			doc := testDocument(name, 1)
			doc.Spec.Kubernetes.Version = "v1.2.3"
			return doc
		},
		Interrupt: "1 nodes",
		Reach: func(t *testing.T, kubeconfig []byte) {
			t.Helper()
			path := filepath.Join(t.TempDir(), "kubeconfig")
			if err := os.WriteFile(path, kubeconfig, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), r.kubectl, "--kubeconfig", path, "get", "nodes", "-o", "name").CombinedOutput()
			if err != nil || string(out) != "node/one-1\n" {
				t.Errorf("nodes %q, %v", out, err)
			}
		},
		Snapshot: func(t *testing.T) func(*testing.T) {
			t.Helper()
			before := survey(t, dir)
			return func(t *testing.T) {
				t.Helper()
				before.same(t, survey(t, dir))
				others.same(t)
			}
		},
		Bound: 15 * time.Second,
	})
}

// foreign are things of others that look like a sandbox's: an interface, a control
// group, and files of the data directory.
type foreign struct{ link, cgroup, file string }

func foreignThings(t *testing.T, dir string) foreign {
	t.Helper()
	mounts, err := cgroupMounts()
	if err != nil || len(mounts) == 0 {
		t.Fatalf("control groups %v, %v", mounts, err)
	}
	f := foreign{link: "sd-ffffffff", cgroup: filepath.Join(mounts[0], "shakedown-ffffffff"), file: filepath.Join(dir, "clusters", "notes.txt")}
	run := func(args ...string) error {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return errors.New(strings.TrimSpace(string(out)))
		}
		return nil
	}
	err = errors.Join(
		run("link", "add", f.link, "type", "bridge"), os.Mkdir(f.cgroup, 0o755),
		os.MkdirAll(filepath.Dir(f.file), 0o700), os.WriteFile(f.file, []byte("not the driver's"), 0o600),
	)
	t.Cleanup(func() {
		if err := errors.Join(run("link", "delete", f.link), os.Remove(f.cgroup)); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// same wants everything where it was.
func (f foreign) same(t *testing.T) {
	t.Helper()
	for _, path := range []string{filepath.Join("/sys/class/net", f.link), f.cgroup, f.file} {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("taken away: %v", err)
		}
	}
}
