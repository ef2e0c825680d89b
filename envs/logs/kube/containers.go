package kube

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/shakedown-dev/shakedown/envs/logs"
	"github.com/shakedown-dev/shakedown/events"
)

// containers are all containers of a pod of which the kubelet has said something: those
// that prepare it, its own, and those that somebody has added to it.
func containers(p *corev1.Pod) []logs.Container {
	all := make([]logs.Container, 0, len(p.Status.ContainerStatuses))
	ended := p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
	for _, s := range p.Status.InitContainerStatuses {
		all = append(all, container(p, s, ended || succeeded(s) && !staysUp(p, s.Name)))
	}
	for _, s := range p.Status.ContainerStatuses {
		all = append(all, container(p, s, ended || isLast(p.Spec.RestartPolicy, s)))
	}
	for _, s := range p.Status.EphemeralContainerStatuses {
		all = append(all, container(p, s, ended || s.State.Terminated != nil))
	}
	return all
}

// container is one of them; over says that it will not run again.
func container(p *corev1.Pod, s corev1.ContainerStatus, over bool) logs.Container {
	c := logs.Container{
		Source: logs.Source{Component: p.Labels[events.LabelComponent], Pod: p.Name, Container: s.Name},
		PodUID: string(p.UID), Instance: s.ContainerID, Running: s.State.Running != nil, Over: over && s.State.Running == nil,
	}
	if last := s.LastTerminationState.Terminated; last != nil {
		if c.Instance == "" { // until it starts again the kubelet sends the log of its end
			c.Instance = last.ContainerID
		}
		if c.Instance != last.ContainerID {
			c.Died = last.FinishedAt.UTC()
		}
	}
	return c
}

func succeeded(s corev1.ContainerStatus) bool {
	return s.State.Terminated != nil && s.State.Terminated.ExitCode == 0
}

// isLast says whether an end of a container is its last one.
func isLast(policy corev1.RestartPolicy, s corev1.ContainerStatus) bool {
	return s.State.Terminated != nil && (policy == corev1.RestartPolicyNever || policy == corev1.RestartPolicyOnFailure && succeeded(s))
}

// staysUp says whether a container that prepares the pod goes on beside the others.
func staysUp(p *corev1.Pod, name string) bool {
	return slices.ContainsFunc(p.Spec.InitContainers, func(c corev1.Container) bool {
		return c.Name == name && c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
	})
}
