//go:build real

package sandbox

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox/build"
	modules "github.com/shakedown-dev/shakedown/sandbox"
)

const testImage = "shakedown.dev/probe:1"

// patience is how long a test waits for what must come: only a failure takes that long.
const patience = 2 * time.Minute

// rig is one sandbox on this machine, for the tests below.
type rig struct {
	driver  *Driver
	name    string
	kubectl string
	image   string
}

// newRig makes a driver whose sandboxes live below dir; what is left of the one
// named is destroyed at the end.
func newRig(t *testing.T, dir, name string) *rig {
	t.Helper()
	driver := newTestDriver(t, dir)
	tools, err := driver.builder.Build(t.Context(), provisioner.Quiet{}, allGroups()...)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{driver: driver, name: name, kubectl: filepath.Join(tools[groupKubernetes], "kubectl"), image: buildProbe(t)}
	t.Cleanup(func() {
		if err := driver.Destroy(context.Background(), name, provisioner.Quiet{}); err == nil {
			t.Log("the test left the sandbox to its cleanup")
		}
	})
	return r
}

// newTestDriver is a driver with the programs of this user's cache.
func newTestDriver(t *testing.T, dir string) *Driver {
	t.Helper()
	files, err := modules.Modules()
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	builder, err := build.New(build.Config{
		CacheDir: filepath.Join(cache, "shakedown"), Modules: files, Env: os.Environ(), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	driver, err := New(Config{DataDir: dir, Builder: builder, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return driver
}

// buildProbe packs the test's own program as an image.
func buildProbe(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "probe")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./testdata/probe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	image := filepath.Join(dir, "probe.tar")
	if err := writeImage(image, testImage, program); err != nil {
		t.Fatal(err)
	}
	return image
}

// testDocument asks for a sandbox.
func testDocument(name string, nodes int) provisioner.Document {
	doc := provisioner.NewDocument(name)
	doc.Spec.Nodes = nodes
	return doc.WithDefaults()
}

// run runs kubectl and returns what it prints.
func (r *rig) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := r.try(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// try runs kubectl, which may fail.
func (r *rig) try(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), r.kubectl, append([]string{"--kubeconfig", r.driver.KubeconfigPath(r.name)}, args...)...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w\n%s%s", strings.Join(args, " "), err, out, problems.String())
	}
	return string(out), nil
}

// apply makes the objects.
func (r *rig) apply(t *testing.T, objects string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "objects.yaml")
	if err := os.WriteFile(path, []byte(objects), 0o600); err != nil {
		t.Fatal(err)
	}
	r.run(t, "apply", "-f", path)
}

// pods are the names of the pods, one per node.
func (r *rig) pods(t *testing.T) []string {
	t.Helper()
	return strings.Fields(r.run(t, "get", "pods", "-l", "app=echo", "-o", "jsonpath={.items[*].metadata.name}"))
}

// ready is the status of a node's Ready condition.
func (r *rig) ready(t *testing.T, node string) string {
	t.Helper()
	return r.run(t, "get", "node", node, "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
}

// fetch gets a page.
func fetch(t *testing.T, url string) string {
	t.Helper()
	var body string
	eventually(t, url+" answers", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
		if err != nil {
			return false
		}
		defer func() { _ = response.Body.Close() }()
		raw, err := io.ReadAll(response.Body)
		body = string(raw)
		return err == nil && response.StatusCode == http.StatusOK
	})
	return body
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, fmt.Errorf("not within %s", patience))
	defer cancel()
	if err := poll(ctx, func() (bool, error) { return ask(), nil }); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
