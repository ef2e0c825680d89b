//go:build real

package kube_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/envs/kube"
	"github.com/shakedown-dev/shakedown/events"
)

// installation is that of the services of these tests.
const installation = "here"

func ownerOf(environment string) events.Owner {
	return events.Owner{Installation: installation, Environment: environment}
}

// owned refuses what does not carry our labels.
func owned(environment string) envs.Check {
	return func(l envs.Live) error {
		if ownerOf(environment).Owns(l.Labels) {
			return nil
		}
		return events.Errorf(events.KindRefused, "", "%s is not ours", l.Ref)
	}
}

// quicker does something once, right before the first request of the method to a path
// that ends so.
type quicker struct {
	next         http.RoundTripper
	method, path string
	do           func()
}

func (q quicker) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == q.method && strings.HasSuffix(r.URL.Path, q.path) {
		q.do()
	}
	return q.next.RoundTrip(r)
}

// racing is a cluster before which somebody is quicker.
func racing(t *testing.T, method, path string, do func()) *kube.Cluster {
	t.Helper()
	config := restConfig(t)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return quicker{next, method, path, sync.OnceFunc(do)}
	})
	cluster, err := kube.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}

// TestRacingCreator: between our reading and our create somebody makes the object.
func TestRacingCreator(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	objects := s.alone(func(*envs.Component) {}).WithDefaults().Objects(envs.Origin{Installation: installation}, "now")
	refused := func(cluster *kube.Cluster, o envs.Object) {
		_, err := cluster.Apply(t.Context(), o, envs.Live{}, owned(s.name))
		if events.KindOf(err) != events.KindRefused {
			t.Errorf("%s: %v, want a refusal", o.Ref, err)
		}
	}
	refused(racing(t, http.MethodPost, "/namespaces", s.makeNamespace), objects[0])
	refused(racing(t, http.MethodPost, "/deployments", func() {
		if _, err := s.client.AppsV1().Deployments(s.name).Create(t.Context(), foreignDeployment("cart"), metav1.CreateOptions{}); err != nil {
			t.Error(err)
		}
	}), objects[1])
	s.checkForeign()
}

// TestRacingOwner: between our reading and our change somebody takes our labels off.
func TestRacingOwner(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	want(t, events.EnvironmentReadyTopic, s.create(s.alone(func(*envs.Component) {})))
	objects := s.alone(func(c *envs.Component) { c.Env["A"] = envs.Variable{Text: "b"} }).WithDefaults().Objects(envs.Origin{Installation: installation}, "now")
	for _, o := range objects[:2] {
		old := s.read(o.Ref)
		for what, change := range map[string]func(*kube.Cluster) error{
			http.MethodPatch: func(c *kube.Cluster) error {
				_, err := c.Apply(t.Context(), o, old, owned(s.name))
				return err
			},
			http.MethodDelete: func(c *kube.Cluster) error { return c.Remove(t.Context(), old, owned(s.name)) },
		} {
			err := change(racing(t, what, "/"+o.Name, func() { s.takeOver(o.Ref) }))
			if events.KindOf(err) != events.KindRefused {
				t.Errorf("%s %s: %v, want a refusal", what, o.Ref, err)
			}
			if now := s.read(o.Ref); now.UID != old.UID || ownerOf(s.name).Owns(now.Labels) || now.Annotations[envs.AnnotationDigest] != old.Annotations[envs.AnnotationDigest] {
				t.Errorf("%s %s: it was changed: %+v", what, o.Ref, now)
			}
		}
	}
}

// read is the namespace or the Deployment as it is.
func (s *suite) read(r envs.Ref) envs.Live {
	s.t.Helper()
	var m metav1.ObjectMeta
	var err error
	if r.Kind == "Namespace" {
		var ns *corev1.Namespace
		ns, err = s.client.CoreV1().Namespaces().Get(s.t.Context(), r.Name, metav1.GetOptions{})
		m = ns.ObjectMeta
	} else {
		var d *appsv1.Deployment
		d, err = s.client.AppsV1().Deployments(s.name).Get(s.t.Context(), r.Name, metav1.GetOptions{})
		m = d.ObjectMeta
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return envs.Live{
		Ref: r, Namespace: m.Namespace, UID: string(m.UID), ResourceVersion: m.ResourceVersion, Labels: m.Labels, Annotations: m.Annotations,
	}
}

// takeOver takes our labels off, and notes another owner.
func (s *suite) takeOver(r envs.Ref) {
	s.t.Helper()
	patch := []byte(`{"metadata":{"labels":{"` + events.LabelManagedBy + `":"someone-else"}}}`)
	ctx, how := context.WithoutCancel(s.t.Context()), types.MergePatchType
	var err error
	if r.Kind == "Namespace" {
		_, err = s.client.CoreV1().Namespaces().Patch(ctx, r.Name, how, patch, metav1.PatchOptions{})
	} else {
		_, err = s.client.AppsV1().Deployments(s.name).Patch(ctx, r.Name, how, patch, metav1.PatchOptions{})
	}
	if err != nil {
		s.t.Error(err)
	}
}
