package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/provisioner"
)

func TestChecks(t *testing.T) {
	for _, test := range []struct {
		name string
		got  provisioner.Check
		ok   bool
		hint string
	}{
		{"linux", checkSystem("linux"), true, ""},
		{"another system", checkSystem("darwin"), false, "Linux"},
		{"root", checkRoot(0), true, ""},
		{"a user", checkRoot(1000), false, "root"},
		{"a program that is not there", checkProgram(program{"no-such-program", "package", "services"}), false, "apt-get install package"},
		{"no Kubernetes asked for", checkVersion(provisioner.Document{}), true, ""},
		{"another Kubernetes", checkVersion(provisioner.Document{Spec: provisioner.Spec{Kubernetes: provisioner.Kubernetes{Version: "v1.20.0"}}}), false, KubernetesVersion},
		{"more watchers than there are", checkWatchers(1 << 40), false, "fs.inotify.max_user_instances"},
		{"a directory that is not there yet", checkSpace("/no/such/directory"), true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.got.OK != test.ok || !test.ok && !strings.Contains(test.got.Hint, test.hint) || test.got.Found == "" {
				t.Errorf("got %+v", test.got)
			}
		})
	}
}

func TestCheckUnified(t *testing.T) {
	const all = "cpuset cpu io memory pids"
	for _, test := range []struct {
		name, found string
		files       map[string]string
	}{
		{"machine", "version 2", map[string]string{"cgroup.controllers": all, "cgroup.procs": "1\n"}},
		{"tidy container", "version 2", map[string]string{"cgroup.controllers": all, "cgroup.type": "domain", "cgroup.procs": ""}},
		{"container", "version 2, with processes in the root group of a container", map[string]string{
			"cgroup.controllers": all, "cgroup.type": "domain", "cgroup.procs": "1\n",
		}},
		{"nothing handed down", "version 2 without cpuset, memory", map[string]string{"cgroup.controllers": "cpu pids"}},
		{"version 1", "1 hierarchy of version 1", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range test.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c := checkUnified(dir)
			if c.Found != test.found || c.OK != (c.Hint == "") {
				t.Errorf("got %+v, want %q", c, test.found)
			}
		})
	}
}
