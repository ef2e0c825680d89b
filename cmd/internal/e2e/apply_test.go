//go:build real

package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// journey is a command line with its exit code and words of its stdout.
type journey struct {
	code  int
	words string
	args  []string
}

// TestApplyFolder: what kubectl has changed is a difference, which apply mends, until all
// is deleted.
func TestApplyFolder(t *testing.T) {
	dir, specs, name := t.TempDir(), t.TempDir(), "apply-"+newID()
	raw, err := json.Marshal(withoutProbes(environment(name)))
	if err == nil {
		err = os.WriteFile(filepath.Join(specs, "environment.yaml"), raw, 0o600) // JSON is YAML
	}
	if err != nil {
		t.Fatal(err)
	}
	program := binary(t)
	start(t, dir, "").awaitReady()
	walk := func(steps ...journey) {
		t.Helper()
		for _, j := range steps {
			out, err := try(t, "", append([]string{program, "--data-dir", dir, "-o", "table"}, append(j.args, "-f", specs)...)...)
			if code := exitCode(err); code != j.code || !strings.Contains(out, j.words) {
				t.Errorf("%v: exit code %d, want %d with %q:\n%s\n%v", j.args, code, j.code, j.words, out, err)
			}
		}
	}
	changed := "update deployment/api: spec.template.spec.containers[api].image: " + sandboxtest.ShopV2 + " -> " + sandboxtest.ShopV1
	same := journey{0, "unchanged environment/" + name, []string{"diff"}}
	walk(journey{9, "create deployment/api", []string{"diff"}}, journey{0, "created environment/" + name, []string{"apply"}}, same)
	kubectl(t, "-n", name, "set", "image", "deployment/api", "api="+sandboxtest.ShopV2)
	walk(journey{9, changed, []string{"diff"}}, journey{0, "updated environment/" + name, []string{"apply"}}, same)
	kubectl(t, "-n", name, "scale", "deployment/api", "--replicas=1")
	walk(journey{9, "spec.replicas: 1 -> 3", []string{"diff"}})
	kubectl(t, "-n", name, "delete", "deployment/api")
	walk(journey{9, "create deployment/api", []string{"diff"}}, journey{0, "updated environment/" + name, []string{"apply"}}, same)
	walk(journey{5, "not tried: delete", []string{"delete"}}, journey{0, "deleted environment/" + name, []string{"delete", "--yes"}})
	walk(journey{9, "create namespace/" + name, []string{"diff"}}, journey{0, "absent environment/" + name, []string{"delete", "--yes"}})
}

// exitCode is that of a command which ended with the error.
func exitCode(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return 0
}
