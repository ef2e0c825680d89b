//go:build real

package kube_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/envs/kube"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

func TestLifecycle(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	doc := s.shop()
	ready := want(t, events.EnvironmentReadyTopic, s.create(doc))
	wanted := []events.EnvironmentComponent{
		{Name: "api", Image: sandboxtest.ShopV1, Replicas: 3, Ready: 3},
		{Name: "cart", Image: sandboxtest.ShopV1, Replicas: 1, Ready: 1},
		{Name: "web", Image: sandboxtest.ShopV1, Replicas: 2, Ready: 2},
	}
	for i, c := range ready.Components {
		if c.Version == "" {
			t.Errorf("component %s has no version", c.Name)
		}
		ready.Components[i].Version = ""
	}
	if diff := cmp.Diff(wanted, ready.Components); diff != "" || ready.Phase != envs.PhaseReady {
		t.Errorf("ready as %s (-want +got):\n%s", ready.Phase, diff)
	}
	t.Logf("ready after %s", ready.Took)

	before := s.versions()
	want(t, events.EnvironmentReadyTopic, s.create(doc))
	if diff := cmp.Diff(before, s.versions()); diff != "" {
		t.Errorf("creating the same again changed something (-before +after):\n%s", diff)
	}

	api := doc.Spec.Components["api"]
	api.Image, api.Env = sandboxtest.ShopV2, nil
	doc.Spec.Components["api"] = api
	delete(doc.Spec.Components, "web")
	ready = want(t, events.EnvironmentReadyTopic, s.create(doc))
	if len(ready.Components) != 2 || ready.Components[0].Image != api.Image {
		t.Errorf("after the change: %+v", ready.Components)
	}
	s.checkChanged(api.Image)

	gone := want(t, events.EnvironmentDestroyedTopic, s.destroy())
	if gone.Name != s.name {
		t.Errorf("destroyed %+v", gone)
	}
	if _, err := s.client.CoreV1().Namespaces().Get(t.Context(), s.name, metav1.GetOptions{}); err == nil {
		t.Error("the namespace is still there")
	}
	no := want(t, events.EnvironmentRejectedTopic, s.destroy())
	if no.Kind != events.KindNotFound {
		t.Errorf("second destroy: %+v", no)
	}
}

// checkChanged reads the pods the moment that ready was said.
func (s *suite) checkChanged(image string) {
	s.t.Helper()
	pods, err := s.client.CoreV1().Pods(s.name).List(s.t.Context(), metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(pods.Items) != 4 {
		s.t.Errorf("%d pods, want 4: none of before is left", len(pods.Items))
	}
	for _, p := range pods.Items {
		c := p.Spec.Containers[0]
		if p.Labels[events.LabelComponent] == "api" && (c.Image != image || len(c.Env) > 0) {
			s.t.Errorf("pod %s runs %s with %v", p.Name, c.Image, c.Env)
		}
	}
	services, err := s.client.CoreV1().Services(s.name).List(s.t.Context(), metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	if slices.ContainsFunc(services.Items, func(o corev1.Service) bool { return o.Name == "web" }) {
		s.t.Error("the Service of the component that went is still there")
	}
}

func TestFailuresAreNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change  func(*envs.Component)
		reasons []string
		parts   []string
	}{
		"image": {
			func(c *envs.Component) { c.Image = "registry.invalid/none:v1" },
			[]string{"ImagePullBackOff", "ErrImagePull"},
			[]string{"container cart of component cart cannot start: image registry.invalid/none:v1", "failed to", "registry.invalid"},
		},
		"crash": {
			func(c *envs.Component) { c.Args = []string{"nonsense"} },
			[]string{"CrashLoopBackOff"},
			[]string{"ends with exit code 2", "its last log lines:", "nonsense"},
		},
		"crash without a probe": {
			func(c *envs.Component) { c.Args, c.Probes = []string{"nope"}, envs.Probes{} },
			[]string{"CrashLoopBackOff"},
			[]string{"ends with exit code 2", "its last log lines:", "nope"},
		},
		"command": {
			func(c *envs.Component) { c.Command = []string{"/none"} },
			[]string{"CrashLoopBackOff", "RunContainerError", "CreateContainerError"},
			[]string{"/none"},
		},
		"cpu": {
			func(c *envs.Component) {
				c.Resources = envs.Resources{Requests: map[string]envs.Quantity{"cpu": "1000"}}
			},
			[]string{"Unschedulable"},
			[]string{"fits on no node", "Insufficient cpu"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSuite(t)
			got := want(t, events.EnvironmentFailedTopic, s.create(s.alone(test.change)))
			t.Logf("%s: %s", got.Reason, got.Message)
			if !slices.Contains(test.reasons, got.Reason) || got.Component != "cart" {
				t.Errorf("reason %s of component %s, want one of %v", got.Reason, got.Component, test.reasons)
			}
			for _, part := range test.parts {
				if !strings.Contains(got.Message, part) {
					t.Errorf("the message does not say %q", part)
				}
			}
			want(t, events.EnvironmentReadyTopic, s.create(s.alone(func(*envs.Component) {})))
		})
	}
}

func TestQuotaIsNamed(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	want(t, events.EnvironmentReadyTopic, s.create(s.alone(func(*envs.Component) {})))
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "small"}, Spec: corev1.ResourceQuotaSpec{
		Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("2")},
	}}
	if _, err := s.client.CoreV1().ResourceQuotas(s.name).Create(t.Context(), quota, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	got := want(t, events.EnvironmentFailedTopic, s.create(s.alone(func(c *envs.Component) { c.Replicas = new(4) })))
	t.Logf("%s: %s", got.Reason, got.Message)
	if got.Reason != "FailedCreate" || !strings.Contains(got.Message, "exceeded quota: small") {
		t.Errorf("failed: %+v", got)
	}
}

func TestNotReadyIsNamed(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	bounds := testConfig()
	bounds.Deadline = 15 * time.Second
	doc := s.alone(func(c *envs.Component) { c.Probes.Readiness.HTTPGet.Path = "/none" })
	s.bus = s.another(bounds)
	got := want(t, events.EnvironmentFailedTopic, s.create(doc))
	t.Logf("%s: %s", got.Reason, got.Message)
	if got.Reason != envs.ReasonNotReady || !strings.Contains(got.Message, "Readiness probe failed") || !strings.Contains(got.Message, "cart 0 of 1") {
		t.Errorf("failed: %+v", got)
	}
}

func TestForeignNamespaceIsRefused(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	s.makeNamespace()
	before := s.versions()
	for _, e := range []events.Envelope{s.create(s.shop()), s.destroy()} {
		no := want(t, events.EnvironmentRejectedTopic, e)
		if no.Kind != events.KindRefused || !strings.Contains(no.Reason, "namespace "+s.name+" exists and is not ours") {
			t.Errorf("rejected: %+v", no)
		}
	}
	if diff := cmp.Diff(before, s.versions()); diff != "" {
		t.Errorf("the namespace was changed:\n%s", diff)
	}
}

func TestForeignObjectsSurvive(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	want(t, events.EnvironmentReadyTopic, s.create(s.alone(func(*envs.Component) {})))
	debug := foreignDeployment("web")
	if _, err := s.client.AppsV1().Deployments(s.name).Create(t.Context(), debug, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	want(t, events.EnvironmentReadyTopic, s.create(s.alone(func(c *envs.Component) { c.Env["A"] = envs.Variable{Text: "b"} })))
	before := s.versions()
	no := want(t, events.EnvironmentRejectedTopic, s.create(s.shop()))
	if no.Kind != events.KindRefused || !strings.Contains(no.Reason, "deployment/web in namespace "+s.name+" exists and is not ours") {
		t.Errorf("rejected: %+v", no)
	}
	if diff := cmp.Diff(before, s.versions()); diff != "" {
		t.Errorf("something was changed:\n%s", diff)
	}
}

// TestFreshIsNeverTakenOver: an object that appears between the reading and the
// write is not taken over.
func TestFreshIsNeverTakenOver(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	s.makeNamespace()
	if _, err := s.client.AppsV1().Deployments(s.name).Create(t.Context(), foreignDeployment("cart"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	cluster, err := kube.New(restConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range s.alone(func(*envs.Component) {}).WithDefaults().Objects(envs.Origin{Installation: installation}, "now") {
		if o.Kind == "Service" {
			continue
		}
		check := owned(s.name)
		_, err := cluster.Apply(t.Context(), o, envs.Live{}, check)
		if events.KindOf(err) != events.KindRefused {
			t.Errorf("fresh %s: %v, want a refusal", o.Ref, err)
		}
		another := envs.Live{Ref: o.Ref, Namespace: o.Namespace, UID: "00000000-0000-0000-0000-000000000000", ResourceVersion: "1"}
		_, err = cluster.Apply(t.Context(), o, another, check)
		if events.KindOf(err) != events.KindRefused {
			t.Errorf("another UID of %s: %v, want a refusal", o.Ref, err)
		}
	}
	s.checkForeign()
}

// checkForeign wants the namespace and the Deployment cart as somebody else made
// them.
func (s *suite) checkForeign() {
	t := s.t
	t.Helper()
	namespace, err := s.client.CoreV1().Namespaces().Get(t.Context(), s.name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if events.IsOf(namespace.Labels, s.name) || len(namespace.Annotations) > 0 {
		t.Errorf("the foreign namespace was changed: %+v", namespace.ObjectMeta)
	}
	now, err := s.client.AppsV1().Deployments(s.name).Get(t.Context(), "cart", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if now.Generation != 1 || len(now.Labels) > 0 || *now.Spec.Replicas != 0 {
		t.Errorf("the foreign object was changed: %+v", now)
	}
	for _, m := range slices.Concat(now.ManagedFields, namespace.ManagedFields) {
		if m.Manager == events.Manager {
			t.Error("we manage fields of a foreign object")
		}
	}
}

func foreignDeployment(name string) *appsv1.Deployment {
	labels := map[string]string{"who": "someone-else"}
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: appsv1.DeploymentSpec{
		Replicas: new(int32(0)), Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "x", Image: "x"}}}},
	}}
}

func TestStuckNamespaceIsExplained(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	bounds := testConfig()
	bounds.DestroyDeadline = 15 * time.Second
	s.bus = s.another(bounds)
	want(t, events.EnvironmentReadyTopic, s.create(s.alone(func(*envs.Component) {})))
	release := s.hold()
	t.Cleanup(release)
	got := want(t, events.EnvironmentFailedTopic, s.destroyAs(true))
	t.Logf("%s: %s", got.Reason, got.Message)
	if got.Reason != envs.ReasonTerminating || !strings.Contains(got.Message, "configmaps/held has the finalizers example.com/hold") {
		t.Errorf("failed: %+v", got)
	}
	release()
	want(t, events.EnvironmentReadyTopic, s.create(s.alone(func(*envs.Component) {})))
}

func TestForbiddenIsNamed(t *testing.T) {
	config := restConfig(t)
	config.Impersonate = rest.ImpersonationConfig{UserName: "nobody"}
	cluster, err := kube.New(config)
	if err != nil {
		t.Fatal(err)
	}
	_, err = cluster.List(t.Context())
	e, ok := errors.AsType[*events.Error](err)
	if !ok || e.Kind != events.KindRefused || !strings.Contains(e.Message, `does not let us list namespaces`) || !strings.Contains(e.Advice, "kubectl auth can-i list namespaces") {
		t.Errorf("error %#v", err)
	}
}
