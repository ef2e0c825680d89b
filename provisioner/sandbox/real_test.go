//go:build real

package sandbox

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// TestSandbox takes one sandbox through its life and compares this machine
// before and after.
func TestSandbox(t *testing.T) {
	dir := t.TempDir()
	before := survey(t, dir)
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
	before.same(t, survey(t, dir))
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
	r.run(t, "rollout", "status", "daemonset/echo", "--timeout=120s")
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
	eventually(t, "every pod is scraped", func() bool {
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

// second makes another sandbox beside the first; neither disturbs the other.
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
	// On a busy machine a node of the first may have been missed in the meantime.
	eventually(t, "the first sandbox is ready", func() bool {
		first, err := r.driver.Show(t.Context(), r.name)
		if err != nil {
			t.Fatal(err)
		}
		if status.Server == first.Server {
			t.Fatalf("first %+v\nsecond %+v", first, status)
		}
		return first.State == provisioner.StateReady
	})
	if got := other.run(t, "get", "nodes", "-o", "name"); got != "node/beta-1\n" {
		t.Errorf("nodes of the second sandbox: %q", got)
	}
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
