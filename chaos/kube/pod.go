package kube

import (
	"fmt"
	"strings"

	core "k8s.io/api/core/v1"

	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// podOf is the pod in the words of chaos; Selected is left to the caller.
func podOf(p *core.Pod, owner pod.Ref) pod.Pod {
	return pod.Pod{
		Namespace: p.Namespace, Name: p.Name, UID: string(p.UID), Owner: owner, Node: p.Spec.NodeName,
		Running:     p.Status.Phase == core.PodRunning,
		Terminating: p.DeletionTimestamp != nil,
		Scheduled:   isTrue(p, core.PodScheduled),
		Started:     started(p),
		Ready:       isTrue(p, core.PodReady),
		Life:        life(p),
		Trouble:     trouble(p),
		Containers:  containers(p),
		Helpers:     helpers(p),
		SharesPIDs:  sharesPIDs(p),
		Restart:     p.Annotations[events.AnnotationRestart],
	}
}

// life is made of the ids that the runtime has given the containers: each is another one
// when its container is started again, also after the machine was off.
func life(p *core.Pod) string {
	var ids []string
	for _, c := range p.Status.ContainerStatuses {
		ids = append(ids, c.ContainerID)
	}
	if len(ids) == 0 {
		return ""
	}
	return events.Digest(ids...)
}

func condition(p *core.Pod, kind core.PodConditionType) (core.PodCondition, bool) {
	for _, c := range p.Status.Conditions {
		if c.Type == kind {
			return c, true
		}
	}
	return core.PodCondition{}, false
}

func isTrue(p *core.Pod, kind core.PodConditionType) bool {
	c, ok := condition(p, kind)
	return ok && c.Status == core.ConditionTrue
}

// started says whether all containers of the pod run.
func started(p *core.Pod) bool {
	running := 0
	for _, c := range p.Status.ContainerStatuses {
		if c.State.Running != nil {
			running++
		}
	}
	return running > 0 && running == len(p.Spec.Containers)
}

// trouble says why the pod is not Ready, as far as anybody said so.
func trouble(p *core.Pod) string {
	if isTrue(p, core.PodReady) {
		return ""
	}
	if c, ok := condition(p, core.PodScheduled); ok && c.Status == core.ConditionFalse {
		return "not scheduled: " + c.Message
	}
	if p.Status.Phase == core.PodFailed {
		return strings.TrimSpace("failed: " + p.Status.Reason + " " + p.Status.Message)
	}
	for _, c := range append(append([]core.ContainerStatus{}, p.Status.InitContainerStatuses...), p.Status.ContainerStatuses...) {
		if why := containerTrouble(c); why != "" {
			return fmt.Sprintf("container %s: %s", c.Name, why)
		}
	}
	return ""
}

func containerTrouble(c core.ContainerStatus) string {
	switch s := c.State; {
	case s.Waiting != nil:
		return strings.TrimSuffix(s.Waiting.Reason+": "+s.Waiting.Message, ": ")
	case s.Terminated != nil && s.Terminated.ExitCode != 0:
		return fmt.Sprintf("%s, exit code %d", s.Terminated.Reason, s.Terminated.ExitCode)
	case s.Running != nil && !c.Ready && (c.Started == nil || *c.Started):
		return "it runs, but is not ready"
	}
	return ""
}
