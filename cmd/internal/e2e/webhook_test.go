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
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

// rounds of the comparison; an odd number has a median.
const rounds = 9

// TestWebhookToReady compares the time from the webhook's 202 to "ready" with
// kubectl apply and rollout status of the same objects, in turns, each first in
// every second round.
//
// The objects have no readiness probe. With one, a container that listens just
// after the kubelet's first look is Ready a whole period later: the samples fall
// in two heaps, 0.7 and 1.5 s, and the median is the draw of a lot. Without one
// nothing is left but what the two do, and the bound is at its strictest.
func TestWebhookToReady(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, "")
	bus := s.connect()
	address, err := app.ReadAddress(dir)
	if err != nil {
		t.Fatal(err)
	}
	var ours, theirs, answers []time.Duration
	for round := range rounds {
		id := newID()
		if round%2 == 1 {
			theirs = append(theirs, kubectlToReady(t, "kubectl-"+id))
		}
		took, answer := webhookToReady(t, bus, address.HTTP, "hook-"+id)
		ours, answers = append(ours, took), append(answers, answer)
		if round%2 == 0 {
			theirs = append(theirs, kubectlToReady(t, "kubectl-"+id))
		}
		kubectl(t, "delete", "namespace", "hook-"+id, "kubectl-"+id)
	}
	us, them := median(ours), median(theirs)
	t.Logf("ours %v, kubectl %v, answers %v", ours, theirs, answers)
	t.Logf("webhook to ready %s, kubectl %s, ratio %.2f", us, them, us.Seconds()/them.Seconds())
	fmt.Fprintf(os.Stdout, "BenchmarkWebhookToReady\t%d\t%d ns/op\nBenchmarkKubectlToReady\t%d\t%d ns/op\n", rounds, us, rounds, them)
	if us.Seconds() > 1.2*them.Seconds() {
		t.Errorf("the median is %s, more than 1.2 times kubectl's %s", us, them)
	}
	if answer := median(answers); answer > us/20 {
		t.Errorf("the median of the answers is %s, more than a twentieth of the %s to ready", answer, us)
	}
	timebound.Check(t, "the slowest answer", slices.Max(answers), 50*time.Millisecond)
}

func median(all []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

func webhookToReady(t *testing.T, bus *natsbus.Bus, server, name string) (took, answer time.Duration) {
	t.Helper()
	accepted, err := demo.PostBuild(t.Context(), server, hookSecret, events.BuildSucceeded{
		Project: "shop", Revision: "4f1c2e9", Template: bareTemplate, Environment: name,
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
	for _, o := range withoutProbes(environment(name)).WithDefaults().Objects(envs.Origin{Installation: "kubectl"}, "now") {
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
