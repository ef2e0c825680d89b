//go:build real

package kube_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/envs/kube"
	"github.com/shakedown-dev/shakedown/events"
)

// TestDestroyNamesWhatIsForeign: a Deployment by hand, a claim on a volume and a
// Secret are named, and stay, until their end is asked for, too.
func TestDestroyNamesWhatIsForeign(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	want(t, events.EnvironmentReadyTopic, s.create(s.alone(func(*envs.Component) {})))
	cluster, err := kube.New(restConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := cluster.Foreign(t.Context(), ownerOf(s.name)); err != nil || len(got.Objects)+len(got.Unlisted) > 0 {
		t.Fatalf("an environment as we have made it has %+v, %v", got, err)
	}
	s.addForeign()
	before := s.versions()
	no := want(t, events.EnvironmentRejectedTopic, s.destroy())
	named := "has objects that are not ours: deployment/by-hand, persistentvolumeclaim/data, secret/password"
	if no.Kind != events.KindRefused || !strings.HasSuffix(no.Reason, named) {
		t.Errorf("rejected: %+v", no)
	}
	if diff := cmp.Diff(before, s.versions()); diff != "" {
		t.Errorf("something was changed:\n%s", diff)
	}
	want(t, events.EnvironmentDestroyedTopic, s.destroyAs(true))
}

func (s *suite) addForeign() {
	s.t.Helper()
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }
	ctx, core := s.t.Context(), s.client.CoreV1()
	if _, err := s.client.AppsV1().Deployments(s.name).Create(ctx, foreignDeployment("by-hand"), metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := core.Secrets(s.name).Create(ctx, &corev1.Secret{ObjectMeta: meta("password")}, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: meta("data"), Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Mi")}},
	}}
	if _, err := core.PersistentVolumeClaims(s.name).Create(ctx, claim, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}
