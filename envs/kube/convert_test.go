package kube

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

func TestDeployment(t *testing.T) {
	t.Parallel()
	in := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "api", Generation: 3},
		Spec: appsv1.DeploymentSpec{Replicas: new(int32(4)), MinReadySeconds: 30, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{
				Labels:      map[string]string{events.LabelComponent: "api", events.LabelManagedBy: events.Manager, events.LabelEnvironment: "shop", "chaos": "yes"},
				Annotations: map[string]string{events.LabelPrefix + "hash": "x"},
			},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Image: "shop:v1"}}},
		}},
		Status: appsv1.DeploymentStatus{
			ObservedGeneration: 2, Replicas: 5, UpdatedReplicas: 3, ReadyReplicas: 2, AvailableReplicas: 1,
			Conditions: []appsv1.DeploymentCondition{
				{Type: appsv1.DeploymentProgressing, Reason: "NewReplicaSetAvailable"},
				{Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, Reason: "FailedCreate", Message: "exceeded quota"},
			},
		},
	}
	want := envs.Deployment{
		Name: "api", Image: "shop:v1", Generation: 3, Observed: 2, Wanted: 4, Replicas: 5, Updated: 3, Ready: 2, Available: 1,
		MinReady: 30 * time.Second, Complete: true, Refused: "exceeded quota", Labels: map[string]string{"chaos": "yes"},
	}
	want.Version = deployment(in).Version // see TestVersionFollowsTheTemplate
	if diff := cmp.Diff(want, deployment(in)); diff != "" {
		t.Errorf("deployment (-want +got):\n%s", diff)
	}
}

func TestPod(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	in := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "api-1", Labels: map[string]string{events.LabelComponent: "api"}, DeletionTimestamp: new(metav1.Now())},
		Spec:       corev1.PodSpec{NodeName: "n1", Containers: []corev1.Container{{Name: "a", Image: "i"}, {Name: "b", Image: "j"}, {Name: "c"}, {Name: "d"}}},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning,
			Conditions: []corev1.PodCondition{
				{Type: corev1.PodReady, Status: corev1.ConditionTrue},
				{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "too big"},
			},
			ContainerStatuses: []corev1.ContainerStatus{
				{
					Name: "b", Image: "resolved", Ready: true, RestartCount: 2, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(start)}},
					LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled"}},
				},
				{Name: "c", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "Error", Message: "m"}}},
				{Name: "d", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: "no"}}},
			},
		},
	}
	want := envs.Pod{
		Name: "api-1", Component: "api", Node: "n1", Ready: true, Terminating: true, Unschedulable: "too big",
		Containers: []envs.Container{
			{Name: "a", Image: "i", State: envs.Waiting},
			{Name: "b", Image: "j", Ready: true, Restarts: 2, State: envs.Running, Since: start, Exit: &envs.Exit{Code: 137, Reason: "OOMKilled"}},
			{Name: "c", State: envs.Terminated, Reason: "Error", Message: "m", Exit: &envs.Exit{Code: 1, Reason: "Error", Message: "m"}},
			{Name: "d", State: envs.Waiting, Reason: "ErrImagePull", Message: "no"},
		},
	}
	if diff := cmp.Diff(want, pod(in)); diff != "" {
		t.Errorf("pod (-want +got):\n%s", diff)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"a", "b"}, lines("a\nb\n\n")); diff != "" {
		t.Error(diff)
	}
}

func TestVersionFollowsTheTemplate(t *testing.T) {
	d := &appsv1.Deployment{}
	before := deployment(d).Version
	d.Spec.Replicas = new(int32(7))
	if got := deployment(d).Version; got != before {
		t.Error("replicas are no version")
	}
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "api"}, {Name: "side", Env: []corev1.EnvVar{{Name: "A", Value: "b"}}}}
	if got := deployment(d).Version; got == before {
		t.Error("another template has the same version")
	}
}
