package kube

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/envs/logs"
)

// State of containers in these tests.
func running() corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
}

func terminated(id string, code int32, at time.Time) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ContainerID: id, ExitCode: code, FinishedAt: metav1.NewTime(at)}}
}

func waiting() corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}
}

func TestContainers(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	of := func(name, instance string) logs.Container {
		return logs.Container{Source: logs.Source{Component: "api", Pod: "api-1", Container: name}, PodUID: "uid-api-1", Instance: instance}
	}
	with := func(c logs.Container, change func(*logs.Container)) logs.Container {
		change(&c)
		return c
	}
	runs := func(c *logs.Container) { c.Running = true }
	over := func(c *logs.Container) { c.Over = true }
	for name, test := range map[string]struct {
		pod  corev1.PodSpec
		is   corev1.PodStatus
		want []logs.Container
	}{
		"all kinds": {
			corev1.PodSpec{InitContainers: []corev1.Container{{Name: "migrate"}, {Name: "proxy", RestartPolicy: new(corev1.ContainerRestartPolicyAlways)}}},
			corev1.PodStatus{
				InitContainerStatuses: []corev1.ContainerStatus{
					{Name: "migrate", ContainerID: "m", State: terminated("m", 0, at)},
					{Name: "proxy", ContainerID: "p", State: terminated("p", 0, at)},
				},
				ContainerStatuses:          []corev1.ContainerStatus{{Name: "api", ContainerID: "a", State: running()}},
				EphemeralContainerStatuses: []corev1.ContainerStatus{{Name: "debug", ContainerID: "d", State: terminated("d", 1, at)}},
			},
			[]logs.Container{with(of("migrate", "m"), over), of("proxy", "p"), with(of("api", "a"), runs), with(of("debug", "d"), over)},
		},
		"not started": {
			corev1.PodSpec{},
			corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: "api", State: waiting()}}},
			[]logs.Container{of("api", "")},
		},
		"started again": {
			corev1.PodSpec{},
			corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{
				{Name: "api", ContainerID: "b", State: running(), LastTerminationState: terminated("a", 2, at)},
			}},
			[]logs.Container{with(of("api", "b"), func(c *logs.Container) { c.Running, c.Died = true, at })},
		},
		"waits to start again": {
			corev1.PodSpec{},
			corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{
				{Name: "api", State: waiting(), LastTerminationState: terminated("a", 2, at)},
			}},
			[]logs.Container{of("api", "a")},
		},
		"failed job that is tried again": {
			corev1.PodSpec{RestartPolicy: corev1.RestartPolicyOnFailure},
			corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: "api", ContainerID: "a", State: terminated("a", 1, at)}}},
			[]logs.Container{of("api", "a")},
		},
		"job that is done": {
			corev1.PodSpec{RestartPolicy: corev1.RestartPolicyOnFailure},
			corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: "api", ContainerID: "a", State: terminated("a", 0, at)}}},
			[]logs.Container{with(of("api", "a"), over)},
		},
		"pod that has failed": {
			corev1.PodSpec{},
			corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: []corev1.ContainerStatus{{Name: "api", ContainerID: "a", State: terminated("a", 1, at)}}},
			[]logs.Container{with(of("api", "a"), over)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := pod("api-1")
			p.Spec, p.Status = test.pod, test.is
			if diff := cmp.Diff(test.want, containers(&p)); diff != "" {
				t.Errorf("containers (-want +got):\n%s", diff)
			}
		})
	}
}
