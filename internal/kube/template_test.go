package kube

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/events"
)

// TestUnmarked takes our mark alone, and leaves its argument as it is.
func TestUnmarked(t *testing.T) {
	template := func(annotations map[string]string) corev1.PodTemplateSpec {
		return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Annotations: annotations}}
	}
	of := template(map[string]string{events.AnnotationRestart: "f1", "kubectl.kubernetes.io/restartedAt": "noon"})
	if d := cmp.Diff(map[string]string{"kubectl.kubernetes.io/restartedAt": "noon"}, Unmarked(of).Annotations); d != "" {
		t.Error(d)
	}
	if of.Annotations[events.AnnotationRestart] != "f1" {
		t.Error("the argument was changed")
	}
	if d := cmp.Diff(template(nil), Unmarked(template(nil))); d != "" {
		t.Error(d)
	}
}
