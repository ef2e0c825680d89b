//go:build real

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// experiment kills one api pod: short, with a query and a count of ready pods. The
// query counts targets whether or not they answered in time: on a busy machine a
// scrape of each second may fail, and what is tried here is the end of the server.
const experiment = `{"apiVersion":"shakedown.dev/v1","kind":"Experiment","metadata":{"name":"crash"},"spec":{
	"hypothesis":[
		{"name":"scraped","prometheus":{"query":"count(up{namespace=\"${namespace}\"})","compare":">=","value":1,"maxAge":"10s"},"must":"hold"},
		{"name":"api is whole","ready":{"component":"api"},"must":"recover"}],
	"baseline":{"duration":"2s","samples":2},"interval":"1s",
	"method":[{"fault":"pod-kill","target":{"component":"api","count":1},"gracePeriod":"0s"}],
	"observe":"3s","recovery":{"budget":"40s","samples":2}}}`

// steps are the points between any two effects of a run and of its fault that a
// run without trouble comes by.
func steps() []string {
	var all []string
	for _, step := range experiments.Checkpoints() {
		all = append(all, "experiments/"+step)
	}
	for _, step := range []string{
		"planned", "claimed", "injecting", "sending", "answered", "recorded", "injected", "injected-published", "recovering",
		"marked", "marked-published", "ending", "reverted", "ended", "published", "remembered",
	} {
		all = append(all, "chaos/"+step)
	}
	return slices.DeleteFunc(all, func(step string) bool {
		// A fault that healed by itself is not reverted by the runner.
		return strings.HasPrefix(step, "experiments/reverting ")
	})
}

// TestCrashAtEveryStep ends the server with SIGKILL at each step of a run and
// starts it again: the run ends with a verdict that is true, no second pod is
// killed, and no ledger entry stays open.
func TestCrashAtEveryStep(t *testing.T) {
	const lanes = 4
	for i := range lanes {
		t.Run(fmt.Sprintf("lane %d", i), func(t *testing.T) {
			t.Parallel()
			l := newLane(t, fmt.Sprintf("crash-%d", i))
			for j, step := range steps() {
				if j%lanes == i {
					t.Run(step, func(t *testing.T) { l.crash(t, step) })
				}
			}
		})
	}
}

// lane is an environment and a data directory in which one crash after the other
// is tried.
type lane struct {
	namespace, dir string
	pods           coreclient.PodInterface
}

func newLane(t *testing.T, namespace string) *lane {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", sandboxtest.Kubeconfig(t))
	if err != nil {
		t.Fatal(err)
	}
	client, err := coreclient.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	l := &lane{namespace: namespace, dir: t.TempDir(), pods: client.Pods(namespace)}
	s := start(t, l.dir, "")
	createEnvironment(t, s.connect(), namespace)
	s.kill()
	return l
}

func (l *lane) crash(t *testing.T, step string) {
	l.awaitWhole(t)
	deleted := l.countDeleted(t)
	broken := start(t, l.dir, step)
	run := l.startRun(t, broken.connect())
	select {
	case err := <-broken.ended:
		broken.ended <- err
	case <-time.After(patience):
		t.Fatalf("the run did not come by the step %q", step)
	}
	again := start(t, l.dir, "")
	bus := again.connect()
	again.awaitReady()
	finished := await(t, bus, events.RunFinishedTopic, run)
	t.Logf("%s: %s", finished.Verdict, finished.Reason)
	if !slices.Contains([]string{"aborted", "passed"}, finished.Verdict) {
		t.Errorf("verdict is %s (%s), want aborted or the right one", finished.Verdict, finished.Reason)
	}
	l.wantClosed(t, bus)
	if n := deleted(); n > 1 {
		t.Errorf("%d pods were killed, want one at most", n)
	} else if n == 0 && finished.Verdict == "passed" {
		t.Error("the run passed, and no pod was killed")
	}
}

// TestGracefulStop tells a server to stop in mid-run: it reverts its fault and ends
// the run before it goes.
func TestGracefulStop(t *testing.T) {
	l := newLane(t, "graceful")
	l.awaitWhole(t)
	s := start(t, l.dir, "")
	bus := s.connect()
	run := l.startRun(t, bus)
	await(t, bus, events.FaultInjectedTopic, run)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := <-s.ended
	s.ended <- err
	if err != nil {
		t.Errorf("the server ended with %v", err)
	}
	again := start(t, l.dir, "")
	bus = again.connect()
	again.awaitReady()
	if finished := await(t, bus, events.RunFinishedTopic, run); finished.Verdict != "aborted" {
		t.Errorf("verdict is %s (%s), want aborted", finished.Verdict, finished.Reason)
	}
	l.wantClosed(t, bus)
}

func (l *lane) startRun(t *testing.T, bus *natsbus.Bus) string {
	t.Helper()
	run := "crash-" + newID()
	err := events.RunStartTopic.Publish(t.Context(), bus, stamp().First(run), events.RunStart{
		Run: run, Spec: json.RawMessage(experiment), Environment: l.namespace, Trigger: "command", By: "e2e",
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// awaitWhole waits until three api pods are Ready and none is going.
func (l *lane) awaitWhole(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		list, err := l.pods.List(ctx, metav1.ListOptions{})
		if err == nil && whole(list.Items) {
			return
		}
		tick(ctx)
	}
	t.Fatalf("the environment %s is not whole within %s", l.namespace, patience)
}

func whole(pods []corev1.Pod) bool {
	for _, p := range pods {
		ready := slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		})
		if !ready || p.DeletionTimestamp != nil {
			return false
		}
	}
	return len(pods) == 3
}

// countDeleted watches the namespace, independent of the product; the function
// that it returns ends the watch and tells how many pods were deleted.
func (l *lane) countDeleted(t *testing.T) func() int {
	t.Helper()
	list, err := l.pods.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := l.pods.Watch(t.Context(), metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		t.Fatal(err)
	}
	count := make(chan int, 1)
	go func() {
		n := 0
		for e := range stream.ResultChan() {
			if e.Type == watch.Deleted {
				n++
			}
		}
		count <- n
	}()
	return func() int {
		stream.Stop()
		return <-count
	}
}

// wantClosed fails when the ledger has an open entry. The run's end is told after
// the fault's, so nothing needs to be waited for.
func (l *lane) wantClosed(t *testing.T, bus *natsbus.Bus) {
	t.Helper()
	answer, err := events.LedgerListCall.Ask(t.Context(), bus, stamp().First(""), events.LedgerQuery{Open: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range answer.Entries {
		t.Errorf("ledger entry %s is still %s", e.Fault, e.State)
	}
}
