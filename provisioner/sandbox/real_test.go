//go:build real

package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox/build"
	modules "github.com/shakedown-dev/shakedown/sandbox"
)

const testImage = "shakedown.dev/probe:1"

// rig is one sandbox on this machine, for the tests below.
type rig struct {
	driver  *Driver
	name    string
	kubectl string
	image   string
}

// TestSandbox takes one sandbox through its life and looks at this machine
// before and after.
func TestSandbox(t *testing.T) {
	dir := t.TempDir()
	before := look(t, dir)
	r := newRig(t, dir, "alpha")
	t.Run("create", r.create)
	if t.Failed() {
		t.FailNow()
	}
	t.Run("secrets are ours alone", r.secrets)
	t.Run("nodes", r.nodes)
	t.Run("services and names", r.services)
	t.Run("logs and exec", r.logs)
	t.Run("crash loop", r.crashLoop)
	t.Run("prometheus", r.prometheus)
	t.Run("second sandbox", r.second)
	t.Run("power", r.power)
	t.Run("create again", r.createAgain)
	t.Run("destroy", r.destroy)
	before.same(t, look(t, dir))
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

func (r *rig) create(t *testing.T) {
	doc := testDocument(r.name, 3)
	for _, c := range r.driver.Check(t.Context(), doc) {
		if !c.OK {
			t.Fatalf("this machine cannot run a sandbox: %s: %s (%s)", c.Name, c.Found, c.Hint)
		}
	}
	began := time.Now()
	status, err := r.driver.Create(t.Context(), doc, provisioner.Quiet{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("3 nodes Ready after %s", time.Since(began).Round(10*time.Millisecond))
	if status.State != provisioner.StateReady || len(status.Nodes) != 3 || status.Version != KubernetesVersion {
		t.Errorf("status %+v", status)
	}
	if err := r.driver.LoadImage(t.Context(), r.name, r.image); err != nil {
		t.Fatal(err)
	}
	r.apply(t, `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: echo}
spec:
  selector: {matchLabels: {app: echo}}
  template:
    metadata:
      labels: {app: echo, app.kubernetes.io/name: echo}
      annotations: {prometheus.io/scrape: "true", prometheus.io/port: "8080"}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - {name: echo, image: shakedown.dev/probe:1, args: [serve, ":8080"], imagePullPolicy: IfNotPresent,
           readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {name: echo}
spec: {selector: {app: echo}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: crash}
spec:
  containers: [{name: crash, image: shakedown.dev/probe:1, args: [crash], imagePullPolicy: IfNotPresent}]
`)
	r.run(t, "rollout", "status", "daemonset/echo", "--timeout=60s")
}

func (r *rig) nodes(t *testing.T) {
	got := r.run(t, "get", "nodes", "-o", `jsonpath={range .items[*]}{.metadata.name} {.metadata.labels.topology\.kubernetes\.io/region} {.metadata.labels.topology\.kubernetes\.io/zone} {.metadata.labels.node\.kubernetes\.io/instance-type} {.spec.providerID} {.status.nodeInfo.kubeletVersion}{"\n"}{end}`)
	var want strings.Builder
	for i, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c"} {
		name := workerName(r.name, i)
		fmt.Fprintf(&want, "%s us-east-1 %s m5.large %s %s\n", name, zone, providerID(name, zone), KubernetesVersion)
	}
	if diff := cmp.Diff(want.String(), got); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
}

// services asks the service by name from a pod of every node, until every pod
// has answered: so each node reaches each of the others.
func (r *rig) services(t *testing.T) {
	pods := r.pods(t)
	for _, pod := range pods {
		seen := map[string]bool{}
		eventually(t, 20*time.Second, "every pod answers "+pod, func() bool {
			if answer, err := r.try(t, "exec", pod, "--", "/probe", "get", "http://echo.default.svc.cluster.local"); err == nil {
				seen[strings.TrimSpace(answer)] = true
			}
			return len(seen) == len(pods)
		})
	}
	address := r.run(t, "get", "service", "echo", "-o", "jsonpath={.spec.clusterIP}")
	fetch(t, "http://"+address)
	ip := r.run(t, "get", "pod", pods[0], "-o", "jsonpath={.status.podIP}")
	if got := strings.TrimSpace(fetch(t, "http://"+ip+":8080")); got != pods[0] {
		t.Errorf("pod %s answers from this machine as %q", pods[0], got)
	}
}

func (r *rig) logs(t *testing.T) {
	pod := r.pods(t)[0]
	if got := r.run(t, "logs", pod); !strings.Contains(got, "serving as "+pod) {
		t.Errorf("logs of %s: %q", pod, got)
	}
}

func (r *rig) crashLoop(t *testing.T) {
	eventually(t, 40*time.Second, "the container was restarted", func() bool {
		return r.run(t, "get", "pod", "crash", "-o", "jsonpath={.status.containerStatuses[0].restartCount}") >= "1"
	})
	if got := r.run(t, "logs", "crash"); !strings.Contains(got, "crashing as told") {
		t.Errorf("logs of the crashing pod: %q", got)
	}
}

func (r *rig) prometheus(t *testing.T) {
	base, err := r.driver.StartPrometheus(t.Context(), r.name, PrometheusOptions{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.driver.StartPrometheus(t.Context(), r.name, PrometheusOptions{})
	if err != nil || again != base {
		t.Errorf("started again: %q, %v", again, err)
	}
	query := base + "/api/v1/query?query=" + url.QueryEscape(`count by (namespace, app) (probe_up{namespace="default",app="echo",pod=~"echo-.+",node=~"alpha-."} == 1)`)
	eventually(t, 20*time.Second, "every pod is scraped", func() bool {
		var answer struct {
			Data struct {
				Result []struct{ Value [2]any }
			}
		}
		if err := json.Unmarshal([]byte(fetch(t, query)), &answer); err != nil {
			t.Fatal(err)
		}
		return len(answer.Data.Result) == 1 && answer.Data.Result[0].Value[1] == "3"
	})
}

// second makes another sandbox beside the first; neither minds the other.
func (r *rig) second(t *testing.T) {
	other := *r
	other.name = "beta"
	t.Cleanup(func() {
		if err := r.driver.Destroy(context.Background(), other.name, provisioner.Quiet{}); err != nil {
			t.Error(err)
		}
	})
	status, err := r.driver.Create(t.Context(), testDocument(other.name, 1), provisioner.Quiet{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := r.driver.Show(t.Context(), r.name)
	if err != nil {
		t.Fatal(err)
	}
	if status.Server == first.Server || first.State != provisioner.StateReady {
		t.Errorf("first %+v\nsecond %+v", first, status)
	}
	if got := other.run(t, "get", "nodes", "-o", "name"); got != "node/beta-1\n" {
		t.Errorf("nodes of the second sandbox: %q", got)
	}
}

// power switches a node off and on again.
func (r *rig) power(t *testing.T) {
	name := workerName(r.name, 1)
	group := newLayout(r.driver.dataDir, r.name).machineCgroup(name)
	if len(members(t, group)) == 0 {
		t.Fatal("nothing runs on the node")
	}
	began := time.Now()
	if err := r.driver.PowerOff(t.Context(), r.name, name); err != nil {
		t.Fatal(err)
	}
	t.Logf("off after %s", time.Since(began).Round(time.Millisecond))
	if left := members(t, group); len(left) > 0 {
		t.Errorf("still running on the node: %v", left)
	}
	eventually(t, 60*time.Second, "the node is missed", func() bool { return r.ready(t, name) != "True" })
	t.Logf("missed after %s", time.Since(began).Round(time.Second))
	status, err := r.driver.Show(t.Context(), r.name)
	if err != nil || status.State != provisioner.StateDegraded || status.Nodes[1].Powered {
		t.Errorf("status %+v, %v", status, err)
	}
	began = time.Now()
	if err := r.driver.PowerOn(t.Context(), r.name, name); err != nil {
		t.Fatal(err)
	}
	eventually(t, 60*time.Second, "the node is back", func() bool { return r.ready(t, name) == "True" })
	t.Logf("Ready %s after it was switched on", time.Since(began).Round(100*time.Millisecond))
	r.run(t, "rollout", "status", "daemonset/echo", "--timeout=60s")
	t.Logf("its pod Ready %s after it was switched on", time.Since(began).Round(100*time.Millisecond))
	eventually(t, 30*time.Second, "its container was restarted", func() bool {
		return strings.TrimSpace(r.run(t, "get", "pods", "-l", "app=echo", "--field-selector=spec.nodeName="+name,
			"-o", "jsonpath={.items[0].status.containerStatuses[0].restartCount}")) == "1"
	})
	t.Logf("its container restarted %s after it was switched on", time.Since(began).Round(100*time.Millisecond))
	r.services(t)
	t.Logf("everything reached %s after it was switched on", time.Since(began).Round(100*time.Millisecond))
}

func (r *rig) createAgain(t *testing.T) {
	_, err := r.driver.Create(t.Context(), testDocument(r.name, 3), provisioner.Quiet{})
	if err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("creating it twice: %v", err)
	}
}

func (r *rig) destroy(t *testing.T) {
	began := time.Now()
	if err := r.driver.Destroy(t.Context(), r.name, provisioner.Quiet{}); err != nil {
		t.Fatal(err)
	}
	t.Logf("destroyed after %s", time.Since(began).Round(time.Millisecond))
	if err := r.driver.Destroy(t.Context(), r.name, provisioner.Quiet{}); err == nil {
		t.Error("destroying it twice finds something")
	}
}

// secrets looks at the modes of every file with a key.
func (r *rig) secrets(t *testing.T) {
	root := newLayout(r.driver.dataDir, r.name).dir
	found := 0
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || strings.Contains(path, "/var/") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(raw), "PRIVATE KEY") && !strings.Contains(string(raw), "client-key-data") {
			return err
		}
		found++
		info, err := entry.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil || found < 10 {
		t.Errorf("found %d files with keys: %v", found, err)
	}
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

// fetch gets a page within a short time.
func fetch(t *testing.T, url string) string {
	t.Helper()
	var body string
	eventually(t, 10*time.Second, url+" answers", func() bool {
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
func eventually(t *testing.T, within time.Duration, what string, ask func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), within, fmt.Errorf("not within %s", within))
	defer cancel()
	if err := poll(ctx, func() (bool, error) { return ask(), nil }); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
