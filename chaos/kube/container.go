package kube

import (
	"strings"

	core "k8s.io/api/core/v1"

	"github.com/shakedown-dev/shakedown/chaos/pod"
)

// containers are those of the pod's spec, as its status has them.
func containers(p *core.Pod) []pod.Container {
	all := make([]pod.Container, 0, len(p.Spec.Containers))
	for i := range p.Spec.Containers {
		spec := &p.Spec.Containers[i]
		c := pod.Container{Name: spec.Name, Once: once(p, spec)}
		if s, there := statusOf(p.Status.ContainerStatuses, spec.Name); there {
			c.ID, c.Restarts, c.Ready = s.ContainerID, int(s.RestartCount), s.Ready
			c.Running, c.Ended = s.State.Running != nil, ended(s)
		}
		all = append(all, c)
	}
	return all
}

// once says whether the kubelet leaves the container ended when something kills it.
func once(p *core.Pod, c *core.Container) bool {
	if c.RestartPolicy != nil {
		return *c.RestartPolicy == core.ContainerRestartPolicyNever
	}
	return p.Spec.RestartPolicy == core.RestartPolicyNever
}

// ended is how the container ended last.
func ended(s core.ContainerStatus) *pod.Ending {
	t := s.State.Terminated
	if t == nil {
		t = s.LastTerminationState.Terminated
	}
	if t == nil {
		return nil
	}
	return &pod.Ending{ID: t.ContainerID, Code: int(t.ExitCode), Reason: t.Reason, Message: strings.TrimSpace(t.Message)}
}

func statusOf(all []core.ContainerStatus, name string) (core.ContainerStatus, bool) {
	for _, s := range all {
		if s.Name == name {
			return s, true
		}
	}
	return core.ContainerStatus{}, false
}

// helperPrefix begins the names of the containers that we add to pods.
const helperPrefix = "shakedown-"

// helpers are the containers of ours that were added to the pod.
func helpers(p *core.Pod) []pod.Helper {
	var all []pod.Helper
	for _, c := range p.Spec.EphemeralContainers {
		if !strings.HasPrefix(c.Name, helperPrefix) {
			continue
		}
		h := pod.Helper{Name: c.Name, Waiting: "the kubelet has not seen it"}
		if s, there := statusOf(p.Status.EphemeralContainerStatuses, c.Name); there {
			h.Waiting, h.Ended = containerTrouble(s), ended(s)
		}
		all = append(all, h)
	}
	return all
}

// sharesPIDs says with whom the containers of the pod share their process ids.
func sharesPIDs(p *core.Pod) string {
	switch {
	case p.Spec.HostPID:
		return "shares the process ids of its node (hostPID)"
	case p.Spec.ShareProcessNamespace != nil && *p.Spec.ShareProcessNamespace:
		return "lets its containers share their process ids (shareProcessNamespace)"
	}
	return ""
}
