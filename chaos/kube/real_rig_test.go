//go:build real

package kube_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/kube"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// patience is how long a test waits for what must come: only a failure takes that long.
const patience = 6 * time.Minute

func kubeconfig(t testing.TB) string {
	t.Helper()
	file := os.Getenv("SHAKEDOWN_TEST_KUBECONFIG")
	if file == "" {
		t.Fatal("SHAKEDOWN_TEST_KUBECONFIG is not set: it names the kubeconfig of a cluster that the tests may use")
	}
	return file
}

func shopImage() string {
	if image := os.Getenv("SHAKEDOWN_TEST_SHOP_IMAGE"); image != "" {
		return image
	}
	return "shakedown.dev/shop:v1"
}

// suite is a namespace of a real cluster with the chaos service beside it.
type suite struct {
	t         *testing.T
	config    *rest.Config
	client    *kubernetes.Clientset
	namespace string
	bus       *natsbus.Bus
	mu        sync.Mutex
	heard     []events.Envelope
}

// newSuite makes a namespace with our labels, changed by those given.
func newSuite(t *testing.T, labels map[string]string) *suite {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig(t))
	if err != nil {
		t.Fatal(err)
	}
	s := &suite{t: t, config: config, namespace: fmt.Sprintf("chaos-%x", time.Now().UnixNano()), bus: natsbustest.Open(t)}
	if s.client, err = kubernetes.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{
		events.LabelChaos: events.ChaosAllowed, events.LabelManagedBy: events.Manager, events.LabelEnvironment: s.namespace,
		events.LabelInstallation: "real",
	}
	maps.Copy(all, labels)
	namespace := &core.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace, Labels: all}}
	if _, err := s.client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			s.logEnding()
		}
		if err := s.client.CoreV1().Namespaces().Delete(context.Background(), s.namespace, metav1.DeleteOptions{}); err != nil {
			t.Errorf("delete namespace %s: %v", s.namespace, err)
		}
	})
	s.listen()
	return s
}

// logEnding prints what is known of the pods of the namespace that are ending and do not
// end: what the API server has of them, and what their nodes have written.
func (s *suite) logEnding() {
	s.t.Helper()
	list, err := s.client.CoreV1().Pods(s.namespace).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		s.t.Logf("list the pods that are ending: %v", err)
		return
	}
	for _, p := range list.Items {
		if p.DeletionTimestamp == nil {
			continue
		}
		object, err := json.Marshal(p)
		s.t.Logf("pod %s is ending: %s %v", p.Name, object, err)
		var containers []string
		for _, c := range append(p.Status.ContainerStatuses, p.Status.EphemeralContainerStatuses...) {
			if _, id, found := strings.Cut(c.ContainerID, "://"); found {
				containers = append(containers, id)
			}
		}
		sandboxtest.LogPod(s.t, p.Spec.NodeName, string(p.UID), containers...)
	}
}

// listen remembers every event.
func (s *suite) listen() {
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.bus.Watch(ctx, events.Filter{Ready: sync.OnceFunc(func() { close(ready) })}, func(e events.Envelope) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.heard = append(s.heard, e)
			return true
		})
	}()
	<-ready
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("watch: %v", err)
		}
		if s.t.Failed() {
			for _, e := range s.heard {
				s.t.Logf("event %s: %s", e.Type, e.Data)
			}
		}
	})
}

func of[T any](s *suite, topic events.Topic[T]) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []T
	for _, e := range s.heard {
		if _, payload, err := topic.Parse(e); err == nil {
			all = append(all, payload)
		}
	}
	return all
}

func await[T any](s *suite, topic events.Topic[T]) T {
	s.t.Helper()
	eventually(s.t, topic.Type(), func() bool { return len(of(s, topic)) > 0 })
	return of(s, topic)[0]
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline, poll := time.NewTimer(patience), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer poll.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("not within %s: %s", patience, what)
		case <-poll.C:
		}
	}
}

// serve runs the service with the given access to the cluster.
func (s *suite) serve(config *rest.Config) {
	s.t.Helper()
	cluster, err := kube.New(config, time.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	stamp := events.Stamp{Source: "chaos", Now: time.Now, NewID: func() string { return fmt.Sprint(time.Now().UnixNano()) }}
	service, err := chaos.New(chaos.Deps{Bus: s.bus, Caller: s.bus, Store: s.bus, Stamp: stamp, Kinds: pod.Kinds(cluster), Owner: "real", Installation: "real"})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	<-service.Ready()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("run: %v", err)
		}
	})
}

// request is a kill of one pod of the app.
func (s *suite) request(app string) events.FaultInject {
	return events.FaultInject{
		Fault: "fault-" + s.namespace, Run: "run-" + s.namespace, Kind: pod.KillName, Namespace: s.namespace,
		Target: events.FaultTarget{Labels: "app=" + app}, Seed: 7, Budget: events.Duration(40 * time.Second),
	}
}

func (s *suite) ask(req events.FaultInject) {
	s.t.Helper()
	m := events.Meta{ID: "ask-" + req.Fault, Source: "test", Time: time.Now(), Correlation: req.Run}
	if err := events.FaultInjectTopic.Publish(s.t.Context(), s.bus, m, req); err != nil {
		s.t.Fatal(err)
	}
}

func template(app string) core.PodTemplateSpec {
	grace := int64(3)
	return core.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": app}},
		Spec: core.PodSpec{
			TerminationGracePeriodSeconds: &grace,
			Containers: []core.Container{{
				Name: "shop", Image: shopImage(), ImagePullPolicy: core.PullIfNotPresent, Args: []string{"cart"},
				Env: []core.EnvVar{{Name: "SHUTDOWN_DELAY", Value: "1s"}},
				ReadinessProbe: &core.Probe{
					PeriodSeconds: 1,
					ProbeHandler:  core.ProbeHandler{HTTPGet: &core.HTTPGetAction{Path: "/readyz", Port: intstr.FromInt32(8080)}},
				},
			}},
		},
	}
}

// deploy makes the Deployment "cart" and waits until all its pods are ready.
func (s *suite) deploy(replicas int32, change func(*apps.Deployment)) {
	s.t.Helper()
	const app = "cart"
	d := &apps.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: app},
		Spec: apps.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}, Template: template(app),
		},
	}
	if change != nil {
		change(d)
	}
	if _, err := s.client.AppsV1().Deployments(s.namespace).Create(s.t.Context(), d, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.awaitReady(app, int(replicas))
}

func (s *suite) pods(app string) []core.Pod {
	s.t.Helper()
	list, err := s.client.CoreV1().Pods(s.namespace).List(s.t.Context(), metav1.ListOptions{LabelSelector: "app=" + app})
	if err != nil {
		s.t.Fatal(err)
	}
	return list.Items
}

func (s *suite) awaitReady(app string, want int) {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("%d pods of %s are ready and the rollout is reported as complete", want, app), func() bool {
		ready := 0
		for _, p := range s.pods(app) {
			if isReady(&p) {
				ready++
			}
		}
		d, err := s.client.AppsV1().Deployments(s.namespace).Get(s.t.Context(), app, metav1.GetOptions{})
		settled := err != nil || int(d.Status.ReadyReplicas) == want
		return ready == want && settled
	})
}

func isReady(p *core.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == core.PodReady {
			return c.Status == core.ConditionTrue
		}
	}
	return false
}

// sight is a pod as kubectl showed it, with the time at which it did.
type sight struct {
	Type   string   `json:"type"`
	Object core.Pod `json:"object"`
	at     time.Time
}

// observer is an independent "kubectl get pods -w".
type observer struct {
	mu   sync.Mutex
	seen []sight
}

func (s *suite) observe() *observer {
	s.t.Helper()
	cmd := exec.Command("kubectl", "--kubeconfig", kubeconfig(s.t), "-n", s.namespace,
		"get", "pods", "-w", "--output-watch-events", "-o", "json")
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	o := &observer{}
	done := make(chan struct{})
	go func() { defer close(done); o.read(out) }()
	s.t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			s.t.Errorf("end kubectl: %v", err)
		}
		<-done
		if err := cmd.Wait(); err == nil || complaints.Len() > 0 {
			s.t.Logf("kubectl: %v %s", err, strings.TrimSpace(complaints.String()))
		}
	})
	eventually(s.t, "kubectl shows the pods", func() bool { return o.count() > 0 })
	return o
}

func (o *observer) read(out io.Reader) {
	decoder := json.NewDecoder(out)
	for {
		var seen sight
		if err := decoder.Decode(&seen); err != nil {
			return
		}
		seen.at = time.Now()
		o.mu.Lock()
		o.seen = append(o.seen, seen)
		o.mu.Unlock()
	}
}

func (o *observer) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.seen)
}

// first is when kubectl first showed what is looked for.
func (o *observer) first(what func(sight) bool) (time.Time, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, seen := range o.seen {
		if what(seen) {
			return seen.at, true
		}
	}
	return time.Time{}, false
}
