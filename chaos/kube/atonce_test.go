package kube

import (
	"testing"

	apps "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/shakedown-dev/shakedown/chaos/pod"
)

// TestAtOnce: how many replicas are away in a rollout, as the controllers round it.
func TestAtOnce(t *testing.T) {
	of := func(text string) *intstr.IntOrString {
		if text == "" {
			return nil
		}
		v := intstr.Parse(text)
		return &v
	}
	for _, tc := range []struct {
		kind, unavailable, surge string
		replicas, want           int
	}{
		{"Deployment", "", "", 1, 0},
		{"Deployment", "", "", 4, 1},
		{"Deployment", "1", "0", 1, 1},
		{"Deployment", "100%", "25%", 3, 3},
		{"Deployment", "0", "0%", 3, 1},
		{"Deployment", "30%", "0", 3, 1},
		{"Deployment", "x%", "1", 3, 3},
		{"StatefulSet", "", "", 3, 1},
		{"StatefulSet", "10%", "", 3, 1},
		{"StatefulSet", "3", "", 3, 3},
		{"DaemonSet", "", "", 1, 1},
		{"DaemonSet", "0", "1", 1, 0},
		{"DaemonSet", "40%", "", 3, 2},
	} {
		t.Run(tc.kind+" "+tc.unavailable+" "+tc.surge, func(t *testing.T) {
			replicas := int32(tc.replicas) //nolint:gosec // a small number of the table
			var got pod.Owner
			switch tc.kind {
			case "Deployment":
				d := apps.Deployment{Spec: apps.DeploymentSpec{Replicas: &replicas}}
				d.Spec.Strategy.RollingUpdate = &apps.RollingUpdateDeployment{MaxUnavailable: of(tc.unavailable), MaxSurge: of(tc.surge)}
				got = deploymentOwner(&d)
			case "StatefulSet":
				s := apps.StatefulSet{Spec: apps.StatefulSetSpec{Replicas: &replicas}}
				s.Spec.UpdateStrategy.RollingUpdate = &apps.RollingUpdateStatefulSetStrategy{MaxUnavailable: of(tc.unavailable)}
				got = statefulSetOwner(&s)
			default:
				d := apps.DaemonSet{Status: apps.DaemonSetStatus{DesiredNumberScheduled: replicas}}
				d.Spec.UpdateStrategy.RollingUpdate = &apps.RollingUpdateDaemonSet{MaxUnavailable: of(tc.unavailable), MaxSurge: of(tc.surge)}
				got = daemonSetOwner(&d)
			}
			if got.AtOnce != tc.want {
				t.Errorf("%d at once, want %d", got.AtOnce, tc.want)
			}
		})
	}
}
