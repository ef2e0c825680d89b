package kube

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/events"
)

const workloadsOf = "/apis/apps/v1/namespaces/shop/"

// running is an API server with the namespace shop and three workloads in it.
func running() answers {
	template := func(images ...string) (t corev1.PodTemplateSpec) {
		for _, image := range images {
			t.Spec.Containers = append(t.Spec.Containers, corev1.Container{Image: image})
		}
		return t
	}
	named := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }
	return answers{
		"/api/v1/namespaces/shop?": corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: "shop", CreationTimestamp: metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
		}},
		workloadsOf + "deployments?": appsv1.DeploymentList{Items: []appsv1.Deployment{{
			ObjectMeta: named("api"), Spec: appsv1.DeploymentSpec{Replicas: new(int32(3)), Template: template("api:v1", "proxy:v2")},
			Status: appsv1.DeploymentStatus{ReadyReplicas: 2},
		}}},
		workloadsOf + "statefulsets?": appsv1.StatefulSetList{Items: []appsv1.StatefulSet{{
			ObjectMeta: named("db"), Spec: appsv1.StatefulSetSpec{Template: template("db:v1")}, Status: appsv1.StatefulSetStatus{ReadyReplicas: 1},
		}}},
		workloadsOf + "daemonsets?": appsv1.DaemonSetList{Items: []appsv1.DaemonSet{{
			ObjectMeta: named("log"), Spec: appsv1.DaemonSetSpec{Template: template("log:v1")},
			Status: appsv1.DaemonSetStatus{DesiredNumberScheduled: 4, NumberReady: 4},
		}}},
	}
}

func TestWorkloads(t *testing.T) {
	got, err := client(t, running()).Workloads(t.Context(), "shop")
	if err != nil || got.Created != "2026-01-02T03:04:05Z" || got.Name != "" || got.Namespace != "shop" {
		t.Fatalf("%+v, %v", got, err)
	}
	want := []events.EnvironmentComponent{
		{Name: "Deployment/api", Image: "api:v1, proxy:v2", Replicas: 3, Ready: 2},
		{Name: "StatefulSet/db", Image: "db:v1", Replicas: 1, Ready: 1},
		{Name: "DaemonSet/log", Image: "log:v1", Replicas: 4, Ready: 4},
	}
	for i := range got.Components {
		if got.Components[i].Version == "" {
			t.Errorf("%s has no version", got.Components[i].Name)
		}
		got.Components[i].Version = ""
	}
	if diff := cmp.Diff(want, got.Components); diff != "" {
		t.Error(diff)
	}
}

// TestVersionFollowsTheTemplate and nothing else: replicas follow the load.
func TestVersionFollowsTheTemplate(t *testing.T) {
	version := func(change func(*appsv1.Deployment)) string {
		server := running()
		list := server[workloadsOf+"deployments?"].(appsv1.DeploymentList)
		change(&list.Items[0])
		got, err := client(t, server).Workloads(t.Context(), "shop")
		if err != nil {
			t.Fatal(err)
		}
		return got.Components[0].Version
	}
	before := version(func(*appsv1.Deployment) {})
	if got := version(func(d *appsv1.Deployment) { d.Spec.Replicas, d.Generation = new(int32(9)), 7 }); got != before {
		t.Error("replicas are no version")
	}
	if got := version(func(d *appsv1.Deployment) {
		d.Spec.Template.Spec.Containers[1].Env = []corev1.EnvVar{{Name: "A", Value: "b"}}
	}); got == before {
		t.Error("another template has the same version")
	}
	restarted := func(by string) func(*appsv1.Deployment) {
		return func(d *appsv1.Deployment) { d.Spec.Template.Annotations = map[string]string{by: "now"} }
	}
	if got := version(restarted(events.AnnotationRestart)); got != before {
		t.Error("what a fault has restarted has another version")
	}
	if got := version(restarted("kubectl.kubernetes.io/restartedAt")); got == before {
		t.Error("what somebody else has restarted has the same version")
	}
}

// TestWorkloadsThatCannotBeRead are an error, and never an empty namespace.
func TestWorkloadsThatCannotBeRead(t *testing.T) {
	terminating := running()
	terminating["/api/v1/namespaces/shop?"] = corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", DeletionTimestamp: &metav1.Time{Time: time.Unix(1, 0)}}}
	forbidden := running()
	delete(forbidden, workloadsOf+"daemonsets?")
	for name, tc := range map[string]struct {
		server http.Handler
		kind   events.Kind
		text   string
	}{
		"no such namespace": {http.NotFoundHandler(), events.KindNotFound, "there is no namespace shop"},
		"being deleted":     {terminating, events.KindNotFound, "namespace shop is being deleted"},
		"one list missing":  {forbidden, "", "list workloads of namespace shop: "},
		"nothing allowed":   {answers{}, "", "read namespace shop: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, tc.server).Workloads(t.Context(), "shop")
			var kind events.Kind
			if e, ok := errors.AsType[*events.Error](err); ok {
				kind = e.Kind
			}
			if err == nil || kind != tc.kind || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("%q %v, want %q %q", kind, err, tc.kind, tc.text)
			}
		})
	}
}
