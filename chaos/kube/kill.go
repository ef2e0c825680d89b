package kube

import (
	"context"
	"fmt"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// killTries is how often a pod may change between reading and deleting it.
const killTries = 10

// Kill deletes the pod of that UID. The delete carries the version that was read
// just before: so the pod that is deleted was not terminating, and a kill that is
// accepted is ours.
func (c *Cluster) Kill(ctx context.Context, v events.Victim, grace *time.Duration) error {
	return c.remove(ctx, v, killTries, grace, func(o metav1.DeleteOptions) error {
		return c.core.Pods(v.Namespace).Delete(ctx, v.Name, o)
	})
}

// remove reads the pod and lets hit remove it at the version read, again while it
// changes in between.
func (c *Cluster) remove(
	ctx context.Context, v events.Victim, tries int, grace *time.Duration, hit func(metav1.DeleteOptions) error,
) error {
	var err error
	for range tries {
		var version string
		if version, err = c.alive(ctx, v); err != nil {
			return err
		}
		if err = events.CheckFence(ctx); err != nil {
			return chaos.Untouched(err)
		}
		if err = hit(deleteOptions(v, version, grace)); !apierrors.IsConflict(err) {
			break
		}
	}
	if err != nil {
		return translate("remove", err)
	}
	return nil
}

// alive reads the pod's version, unless it is not there or going.
func (c *Cluster) alive(ctx context.Context, v events.Victim) (string, error) {
	p, err := c.core.Pods(v.Namespace).Get(ctx, v.Name, metav1.GetOptions{})
	if err != nil {
		return "", translate("get", err)
	}
	return p.ResourceVersion, checkAlive(p, v)
}

// checkAlive says whether the pod is the victim and is not going.
func checkAlive(p *core.Pod, v events.Victim) error {
	switch {
	case string(p.UID) != v.UID:
		return fmt.Errorf("%w: another pod (uid %s) has its name", chaos.ErrGone, p.UID)
	case p.DeletionTimestamp != nil:
		return fmt.Errorf("%w since %s", pod.ErrTerminating, p.DeletionTimestamp.UTC().Format(time.RFC3339))
	}
	return nil
}

func deleteOptions(v events.Victim, version string, grace *time.Duration) metav1.DeleteOptions {
	uid := types.UID(v.UID)
	o := metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid, ResourceVersion: &version}}
	if grace != nil {
		seconds := int64(*grace / time.Second)
		o.GracePeriodSeconds = &seconds
	}
	return o
}
