//go:build real

package kube_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/envs/kube"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// kubeconfig is the file that leads to the cluster of the suite.
func kubeconfig(t testing.TB) string {
	t.Helper()
	file := os.Getenv(sandboxtest.KubeconfigEnv)
	if file == "" {
		t.Fatal(sandboxtest.KubeconfigEnv + " is not set: it names the kubeconfig of a cluster that the tests may use")
	}
	return file
}

func restConfig(t testing.TB) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig(t))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// suite is a service on a real cluster and a real bus.
type suite struct {
	t      *testing.T
	bus    *natsbus.Bus
	client *kubernetes.Clientset
	name   string
}

// testConfig shortens what tests wait for. How long an environment may take to come
// and to go is the product's: a busy machine takes its time.
func testConfig() envs.Config {
	c := envs.DefaultConfig()
	c.Grace, c.ScheduleGrace = 5*time.Second, 3*time.Second
	return c
}

func newStamp(source string) events.Stamp {
	var mu sync.Mutex
	n := 0
	return events.Stamp{Source: source, Now: time.Now, NewID: func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return events.Digest(source, fmt.Sprint(n), time.Now().String())
	}}
}

func newService(t testing.TB, bus *natsbus.Bus, by string, bounds envs.Config) *envs.Service {
	t.Helper()
	cluster, err := kube.New(restConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	s, err := envs.New(envs.Deps{
		Bus: bus, Caller: bus, Store: bus, Stamp: newStamp("envs"), Log: slog.New(slog.DiscardHandler),
		Owner: "test", Installation: by, Cluster: cluster, Config: bounds,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newSuite runs a service for an environment whose name is the test's own.
func newSuite(t *testing.T) *suite {
	t.Helper()
	s := &suite{t: t, bus: natsbustest.Open(t), name: events.Slug("t-" + strings.TrimPrefix(t.Name(), "Test"))}
	client, err := kubernetes.NewForConfig(restConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
	t.Cleanup(s.sweep)
	s.run(s.bus, installation, testConfig())
	return s
}

// run runs a service of an installation.
func (s *suite) run(bus *natsbus.Bus, by string, bounds envs.Config) {
	s.t.Helper()
	service := newService(s.t, bus, by, bounds)
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	<-service.Ready()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
}

// another is the bus of a second service, with other bounds.
func (s *suite) another(bounds envs.Config) *natsbus.Bus {
	s.t.Helper()
	bus := natsbustest.Open(s.t)
	s.run(bus, installation, bounds)
	return bus
}

// sweep removes the namespace of the test, whosever it is.
func (s *suite) sweep() { s.t.Helper(); s.remove(s.name) }

func (s *suite) remove(names ...string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cluster, err := kube.New(restConfig(s.t))
	if err != nil {
		s.t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, name := range names {
		wg.Go(func() {
			ns, err := s.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return
			}
			if err == nil {
				_ = s.client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{})
				err = cluster.AwaitGone(ctx, name, string(ns.UID))
			}
			if err != nil {
				s.t.Errorf("namespace %s is left: %v", name, err)
			}
		})
	}
	wg.Wait()
}

// shop is the demo application in its usual form.
func (s *suite) shop() envs.Document { return shop(s.name) }

// shop is the demo application under a name.
func shop(name string) envs.Document {
	component := func(args string, replicas int, env map[string]envs.Variable) envs.Component {
		return envs.Component{
			Image: sandboxtest.ShopV1, Args: []string{args}, Replicas: &replicas, Env: env,
			Ports:     []envs.Port{{Name: "http", Port: 8080}},
			Probes:    envs.Probes{Readiness: &envs.Probe{HTTPGet: &envs.HTTPGet{Path: "/readyz", Port: 8080}, PeriodSeconds: 1}},
			Resources: envs.Resources{Requests: map[string]envs.Quantity{"cpu": "10m", "memory": "16Mi"}},
			// The namespace controller waits for half of it before it looks again.
			TerminationGracePeriod: new(events.Duration(2 * time.Second)),
		}
	}
	fast := map[string]envs.Variable{"SHUTDOWN_DELAY": {Text: "0s"}, "SHUTDOWN_GRACE": {Text: "1s"}}
	return envs.Document{
		Header: events.NewHeader(envs.Kind, name),
		Spec: envs.Spec{Chaos: envs.Chaos{Allow: true}, Components: map[string]envs.Component{
			"web": component("web", 2, fast), "api": component("api", 3, fast), "cart": component("cart", 1, fast),
		}},
	}
}

// alone is an environment of one component.
func (s *suite) alone(change func(*envs.Component)) envs.Document {
	d := s.shop()
	c := d.Spec.Components["cart"]
	change(&c)
	d.Spec.Components = map[string]envs.Component{"cart": c}
	return d
}

func (s *suite) create(d envs.Document) events.Envelope {
	s.t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		s.t.Fatal(err)
	}
	m := newStamp("test").First(s.name)
	if err := events.EnvironmentCreateTopic.Publish(s.t.Context(), s.bus, m, events.EnvironmentCreate{Name: d.Metadata.Name, Spec: raw}); err != nil {
		s.t.Fatal(err)
	}
	return outcome(s.t, s.bus, m)
}

func (s *suite) destroy() events.Envelope { s.t.Helper(); return s.destroyAs(false) }

// destroyAs takes along what is not ours, if that is set.
func (s *suite) destroyAs(withForeign bool) events.Envelope {
	s.t.Helper()
	m := newStamp("test").First(s.name)
	asked := events.EnvironmentDestroy{Name: s.name, Reason: "asked", WithForeign: withForeign}
	if err := events.EnvironmentDestroyTopic.Publish(s.t.Context(), s.bus, m, asked); err != nil {
		s.t.Fatal(err)
	}
	return outcome(s.t, s.bus, m)
}

// outcome waits for the event that ends the request of the cause.
func outcome(t testing.TB, bus events.Bus, cause events.Meta) events.Envelope {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var found events.Envelope
	err := bus.Watch(ctx, events.Filter{Since: cause.Time.Add(-time.Minute), Types: []string{
		events.EnvironmentReadyTopic.Type(), events.EnvironmentFailedTopic.Type(),
		events.EnvironmentRejectedTopic.Type(), events.EnvironmentDestroyedTopic.Type(),
	}}, func(e events.Envelope) bool {
		if e.CausationID == cause.ID {
			found = e
		}
		return found.ID == ""
	})
	if err != nil || found.ID == "" {
		t.Fatalf("no outcome: %v", err)
	}
	return found
}

func want[T any](t testing.TB, topic events.Topic[T], e events.Envelope) T {
	t.Helper()
	_, payload, err := topic.Parse(e)
	if err != nil {
		t.Fatalf("%v: %s", err, e.Data)
	}
	return payload
}

// versions show whether anything in the namespace was changed that we write or that
// follows from it: the resource versions of what we write, and which pods run.
func (s *suite) versions() map[string]string {
	s.t.Helper()
	found := map[string]string{}
	ctx := s.t.Context()
	ns, err := s.client.CoreV1().Namespaces().Get(ctx, s.name, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	found["namespace"] = ns.ResourceVersion
	deployments, err := s.client.AppsV1().Deployments(s.name).List(ctx, metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range deployments.Items {
		// Not its resource version: the controller may write a status at any time.
		delete(d.Annotations, "deployment.kubernetes.io/revision")
		found["deployment/"+d.Name] = fmt.Sprint(d.UID, d.Labels, d.Annotations, " generation ", d.Generation)
	}
	services, err := s.client.CoreV1().Services(s.name).List(ctx, metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, o := range services.Items {
		found["service/"+o.Name] = o.ResourceVersion
	}
	pods, err := s.client.CoreV1().Pods(s.name).List(ctx, metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range pods.Items {
		// Nor that of a pod: the kubelet may do so, too.
		found["pod/"+p.Name] = fmt.Sprint(p.UID, p.Labels, p.Annotations, restarts(p))
	}
	return found
}

// restarts counts those of all containers of a pod.
func restarts(p corev1.Pod) (n int32) {
	for _, c := range p.Status.ContainerStatuses {
		n += c.RestartCount
	}
	return n
}

func (s *suite) makeNamespace() {
	s.t.Helper()
	_, err := s.client.CoreV1().Namespaces().Create(s.t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.name}}, metav1.CreateOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
}

// release lets go of the ConfigMap that hold made.
func (s *suite) hold() (release func()) {
	s.t.Helper()
	held := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "held", Finalizers: []string{"example.com/hold"}}}
	if _, err := s.client.CoreV1().ConfigMaps(s.name).Create(s.t.Context(), held, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		_, err := s.client.CoreV1().ConfigMaps(s.name).Patch(context.Background(), "held", types.MergePatchType,
			[]byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
		if err != nil {
			s.t.Error(err)
		}
	})
}
