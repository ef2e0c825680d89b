//go:build real

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/demo"
	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// rounds of the comparison; an odd number has a median.
const rounds = 5

// TestWebhookToReady compares the time from the webhook's 202 to "ready" with
// kubectl apply and rollout status of the same objects, in turns.
func TestWebhookToReady(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, "")
	bus := s.connect()
	address, err := app.ReadAddress(dir)
	if err != nil {
		t.Fatal(err)
	}
	var ours, theirs, answers []time.Duration
	for range rounds {
		id := newID()
		took, answer := webhookToReady(t, bus, address.HTTP, "hook-"+id)
		ours, answers = append(ours, took), append(answers, answer)
		theirs = append(theirs, kubectlToReady(t, "kubectl-"+id))
		kubectl(t, "delete", "namespace", "hook-"+id, "kubectl-"+id)
	}
	us, them := median(ours), median(theirs)
	t.Logf("webhook to ready %s, kubectl %s, ratio %.2f; answers %v", us, them, us.Seconds()/them.Seconds(), answers)
	fmt.Fprintf(os.Stdout, "BenchmarkWebhookToReady\t%d\t%d ns/op\nBenchmarkKubectlToReady\t%d\t%d ns/op\n", rounds, us, rounds, them)
	if us.Seconds() > 1.2*them.Seconds() {
		t.Errorf("the median is %s, more than 1.2 times kubectl's %s", us, them)
	}
	if slow := slices.Max(answers); slow > 50*time.Millisecond {
		t.Errorf("an answer took %s, more than 50 ms", slow)
	}
}

func median(all []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

func webhookToReady(t *testing.T, bus *natsbus.Bus, server, name string) (took, answer time.Duration) {
	t.Helper()
	accepted, err := demo.PostBuild(t.Context(), server, hookSecret, events.BuildSucceeded{
		Project: "shop", Revision: "4f1c2e9", Template: "shop", Environment: name,
		Components: map[string]string{"api": sandboxtest.ShopV2},
	}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	await(t, bus, events.EnvironmentReadyTopic, accepted.Correlation,
		events.EnvironmentFailedTopic.Type(), events.EnvironmentRejectedTopic.Type())
	return time.Since(began), accepted.Took
}

func kubectlToReady(t *testing.T, name string) time.Duration {
	t.Helper()
	var manifests bytes.Buffer
	for _, o := range environment(name).WithDefaults().Objects(envs.Origin{}, "now") {
		manifests.Write(o.Manifest)
		manifests.WriteByte('\n')
	}
	file := filepath.Join(t.TempDir(), "all.json")
	if err := os.WriteFile(file, manifests.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	kubectl(t, "apply", "-f", file)
	kubectl(t, "rollout", "status", "-n", name, "deployment/api")
	return time.Since(began)
}

func kubectl(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "kubectl", append([]string{"--kubeconfig", sandboxtest.Kubeconfig(t)}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// TestUnknownTemplate is answered 202, and a rejected event tells the reason.
func TestUnknownTemplate(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, "")
	bus := s.connect()
	address, err := app.ReadAddress(dir)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := demo.PostBuild(t.Context(), address.HTTP, hookSecret, events.BuildSucceeded{
		Project: "shop", Revision: "4f1c2e9", Template: "barn", Components: map[string]string{"api": "x"},
	}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	rejected := await(t, bus, events.EnvironmentRejectedTopic, accepted.Correlation)
	if !strings.Contains(rejected.Reason, "barn") {
		t.Errorf("the reason %q does not name the template", rejected.Reason)
	}
}
