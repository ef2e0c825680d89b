package kube

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// deployment is what envs wants to know of a Deployment.
func deployment(d *appsv1.Deployment) envs.Deployment {
	out := envs.Deployment{
		Name: d.Name, Generation: d.Generation, Observed: d.Status.ObservedGeneration, Wanted: 1,
		Replicas: int(d.Status.Replicas), Updated: int(d.Status.UpdatedReplicas),
		Ready: int(d.Status.ReadyReplicas), Available: int(d.Status.AvailableReplicas),
		MinReady: time.Duration(d.Spec.MinReadySeconds) * time.Second,
		Version:  templateDigest(&d.Spec.Template),
		Labels:   withoutOurs(d.Spec.Template.Labels), Annotations: withoutOurs(d.Spec.Template.Annotations),
	}
	if d.Spec.Replicas != nil {
		out.Wanted = int(*d.Spec.Replicas)
	}
	if containers := d.Spec.Template.Spec.Containers; len(containers) > 0 {
		out.Image = containers[0].Image
	}
	for _, c := range d.Status.Conditions {
		switch {
		case c.Type == appsv1.DeploymentProgressing && c.Reason == "NewReplicaSetAvailable":
			out.Complete = true
		case c.Type == appsv1.DeploymentProgressing && c.Status == corev1.ConditionFalse:
			out.Stalled = c.Message
		case c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue:
			out.Refused = c.Message
		}
	}
	return out
}

// withoutOurs are labels or annotations without ours; nil when none is left.
func withoutOurs(all map[string]string) map[string]string {
	var kept map[string]string
	for key, value := range all {
		if key == events.LabelManagedBy || key == events.LabelComponent || strings.HasPrefix(key, events.LabelPrefix) {
			continue
		}
		if kept == nil {
			kept = map[string]string{}
		}
		kept[key] = value
	}
	return kept
}

// templateDigest tells templates apart, without saying what is in them; "" when it cannot.
func templateDigest(t *corev1.PodTemplateSpec) string {
	raw, err := json.Marshal(kube.Unmarked(*t))
	if err != nil {
		return ""
	}
	return events.Digest(string(raw))[:16]
}

// pod is what envs wants to know of a Pod.
func pod(p *corev1.Pod) envs.Pod {
	out := envs.Pod{
		Name: p.Name, Component: p.Labels[events.LabelComponent], Node: p.Spec.NodeName, Created: p.CreationTimestamp.Time,
		Terminating: p.DeletionTimestamp != nil,
		Finished:    p.Status.Phase == corev1.PodFailed || p.Status.Phase == corev1.PodSucceeded,
	}
	for _, c := range p.Status.Conditions {
		switch {
		case c.Type == corev1.PodReady:
			out.Ready = c.Status == corev1.ConditionTrue
		case c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable:
			out.Unschedulable = c.Message
		}
	}
	for _, c := range p.Spec.Containers {
		i := slices.IndexFunc(p.Status.ContainerStatuses, func(s corev1.ContainerStatus) bool { return s.Name == c.Name })
		if i < 0 {
			out.Containers = append(out.Containers, envs.Container{Name: c.Name, Image: c.Image, State: envs.Waiting})
			continue
		}
		out.Containers = append(out.Containers, container(c, p.Status.ContainerStatuses[i]))
	}
	return out
}

// container joins what was asked for, which has the image's name as the spec
// gives it, with what the kubelet reports.
func container(c corev1.Container, s corev1.ContainerStatus) envs.Container {
	out := envs.Container{Name: c.Name, Image: c.Image, Ready: s.Ready, Restarts: int(s.RestartCount), State: envs.Waiting}
	if t := s.LastTerminationState.Terminated; t != nil {
		out.Exit = &envs.Exit{Code: int(t.ExitCode), Reason: t.Reason, Message: t.Message}
	}
	switch {
	case s.State.Running != nil:
		out.State, out.Since = envs.Running, s.State.Running.StartedAt.Time
	case s.State.Terminated != nil:
		t := s.State.Terminated
		out.State, out.Reason, out.Message = envs.Terminated, t.Reason, t.Message
		out.Exit = &envs.Exit{Code: int(t.ExitCode), Reason: t.Reason, Message: t.Message}
	case s.State.Waiting != nil:
		out.Reason, out.Message = s.State.Waiting.Reason, s.State.Waiting.Message
	}
	return out
}
