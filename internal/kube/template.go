package kube

import (
	"maps"

	corev1 "k8s.io/api/core/v1"

	"github.com/shakedown-dev/shakedown/events"
)

// Unmarked is the template without the mark of a fault that has rolled it out anew: what
// runs is the same with it and without. The argument is left as it is.
func Unmarked(t corev1.PodTemplateSpec) corev1.PodTemplateSpec {
	t.Annotations = maps.Clone(t.Annotations)
	delete(t.Annotations, events.AnnotationRestart)
	return t
}
