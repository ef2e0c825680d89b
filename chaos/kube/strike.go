package kube

import (
	"context"
	"fmt"
	"strconv"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// DefaultHelper is the image of the helper that kills containers. Nodes of a sandbox
// have it.
const DefaultHelper = "shakedown.dev/helper:v1"

// Strike adds the helper to the pod of that UID, at the version that was read just
// before.
func (c *Cluster) Strike(ctx context.Context, s pod.Strike) error {
	var err error
	for range killTries {
		var p *core.Pod
		if p, err = c.target(ctx, s); err != nil {
			return err
		}
		if _, there := statusOfHelper(p, s.Helper); there {
			return nil
		}
		if err = events.CheckFence(ctx); err != nil {
			return chaos.Untouched(err)
		}
		p.Spec.EphemeralContainers = append(p.Spec.EphemeralContainers, c.helper(ctx, s))
		_, err = c.core.Pods(s.Pod.Namespace).UpdateEphemeralContainers(ctx, p.Name, p, options(s.Try))
		if !apierrors.IsConflict(err) {
			break
		}
	}
	if err != nil {
		return translate("add a helper", err)
	}
	return nil
}

func options(try bool) metav1.UpdateOptions {
	o := metav1.UpdateOptions{FieldManager: manager}
	if try {
		o.DryRun = []string{metav1.DryRunAll}
	}
	return o
}

// target reads the pod, unless it is not there, going, or its container does not run.
func (c *Cluster) target(ctx context.Context, s pod.Strike) (*core.Pod, error) {
	p, err := c.core.Pods(s.Pod.Namespace).Get(ctx, s.Pod.Name, metav1.GetOptions{})
	if err != nil {
		return nil, translate("get pod "+s.Pod.Name, err)
	}
	if err := checkAlive(p, s.Pod); err != nil {
		return nil, err
	}
	status, _ := statusOf(p.Status.ContainerStatuses, s.Container)
	switch shared := sharesPIDs(p); {
	case shared != "":
		return nil, fmt.Errorf("%w: it %s", pod.ErrChanged, shared)
	case status.State.Running == nil:
		return nil, fmt.Errorf("%w: container %s does not run", pod.ErrChanged, s.Container)
	}
	return p, nil
}

func statusOfHelper(p *core.Pod, name string) (core.EphemeralContainer, bool) {
	for _, c := range p.Spec.EphemeralContainers {
		if c.Name == name {
			return c, true
		}
	}
	return core.EphemeralContainer{}, false
}

// helper is the container that kills the other one: in its process namespace, as root
// and with the one capability that this takes.
func (c *Cluster) helper(ctx context.Context, s pod.Strike) core.EphemeralContainer {
	root, no := int64(0), false
	return core.EphemeralContainer{
		TargetContainerName: s.Container,
		EphemeralContainerCommon: core.EphemeralContainerCommon{
			Name: s.Helper, Image: c.helperImage, ImagePullPolicy: core.PullIfNotPresent,
			Args:                     []string{"kill", "-until", strconv.FormatInt(c.until(ctx, s.Within).UnixMilli(), 10)},
			TerminationMessagePolicy: core.TerminationMessageFallbackToLogsOnError,
			SecurityContext: &core.SecurityContext{
				RunAsUser: &root, RunAsNonRoot: &no,
				Capabilities: &core.Capabilities{Drop: []core.Capability{"ALL"}, Add: []core.Capability{"SYS_PTRACE"}},
			},
		},
	}
}

// until is when the helper acts at the latest.
func (c *Cluster) until(ctx context.Context, within time.Duration) time.Time {
	at := c.now().Add(within)
	if deadline, bounded := ctx.Deadline(); bounded && deadline.Before(at) {
		return deadline
	}
	return at
}
