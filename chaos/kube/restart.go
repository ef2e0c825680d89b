package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	apps "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// rolled is the part of an owner that tells of its rollout.
type rolled struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Template struct {
			metav1.ObjectMeta `json:"metadata"`
		} `json:"template"`
	} `json:"spec"`
}

// Restart marks the template of the owner of that UID, at the version that was read just
// before, again while its status changes in between.
func (c *Cluster) Restart(ctx context.Context, v events.Victim, fault string, generation int64) error {
	at, err := resourceOf(v)
	if err != nil {
		return err
	}
	for range killTries {
		var raw []byte
		raw, err = c.apps.RESTClient().Get().Namespace(v.Namespace).Resource(at).Name(v.Name).
			SetHeader("Accept", "application/json").Do(ctx).Raw()
		if err != nil {
			return translate("get "+v.Owner, err)
		}
		var o rolled
		if err := json.Unmarshal(raw, &o); err != nil {
			return fmt.Errorf("read %s: %w", v.Owner, err)
		}
		if done, err := restarted(&o, v, fault, generation); done || err != nil {
			return err
		}
		mark := map[string]any{"annotations": map[string]any{events.AnnotationRestart: fault}}
		err = c.patchOwner(ctx, v, o.ResourceVersion, map[string]any{
			"spec": map[string]any{"template": map[string]any{"metadata": mark}},
		})
		if !errors.Is(err, pod.ErrChanged) {
			return err
		}
	}
	return err
}

// restarted says whether the owner carries the mark already, or why it may not get it.
func restarted(o *rolled, v events.Victim, fault string, generation int64) (bool, error) {
	switch {
	case string(o.UID) != v.UID:
		return false, fmt.Errorf("%w: another %s (uid %s) has its name", chaos.ErrGone, v.Kind, o.UID)
	case o.DeletionTimestamp != nil:
		return false, fmt.Errorf("%w: it is being deleted", chaos.ErrGone)
	case o.Spec.Template.Annotations[events.AnnotationRestart] == fault:
		return true, nil
	case o.Generation != generation:
		return false, fmt.Errorf("%w: %s was changed since the guards were asked", pod.ErrChanged, v.Owner)
	}
	return false, nil
}

// WatchOwner follows the owner of that UID.
func (c *Cluster) WatchOwner(ctx context.Context, namespace string, owner pod.Ref, opened func(), show func(pod.Change)) error {
	one := func(o metav1.ListOptions) metav1.ListOptions {
		o.FieldSelector = "metadata.name=" + owner.Name
		return o
	}
	source, err := c.ownerSource(namespace, owner.Kind, one)
	if err != nil {
		return err
	}
	seen := false
	report := func(o runtime.Object, gone bool, when kube.Moment) {
		if found, is := ownerOf(o); is && found.UID == owner.UID {
			seen = !gone
			show(pod.Change{Owner: &found, Gone: gone, At: when.At, Since: when.Since})
		}
	}
	feed := kube.Feed{
		Source: source, Opened: opened, Now: c.now,
		Listed: func(all []runtime.Object, when kube.Moment) {
			was := seen
			seen = false
			for _, o := range all {
				report(o, false, when)
			}
			if was && !seen {
				show(pod.Change{Owner: &pod.Owner{Ref: owner}, Gone: true, At: when.At, Since: when.Since})
			}
		},
		Changed: report,
	}
	if err := feed.Follow(ctx); err != nil {
		return translate("watch "+owner.String()+" in namespace "+namespace, err)
	}
	return nil
}

// ownerSource lists and watches owners of a kind.
func (c *Cluster) ownerSource(namespace, kind string, one func(metav1.ListOptions) metav1.ListOptions) (kube.Source, error) {
	switch kind {
	case "Deployment":
		return sourceOf(c.apps.Deployments(namespace).List, c.apps.Deployments(namespace).Watch, one), nil
	case "StatefulSet":
		return sourceOf(c.apps.StatefulSets(namespace).List, c.apps.StatefulSets(namespace).Watch, one), nil
	case "DaemonSet":
		return sourceOf(c.apps.DaemonSets(namespace).List, c.apps.DaemonSets(namespace).Watch, one), nil
	}
	return kube.Source{}, fmt.Errorf("watch a %s: %w", kind, chaos.ErrForbidden)
}

// sourceOf lists and watches what the typed functions do, of those that one chooses.
func sourceOf[L runtime.Object](
	list func(context.Context, metav1.ListOptions) (L, error),
	follow func(context.Context, metav1.ListOptions) (watch.Interface, error),
	one func(metav1.ListOptions) metav1.ListOptions,
) kube.Source {
	return kube.Source{
		List:  func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return list(ctx, one(o)) },
		Watch: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) { return follow(ctx, one(o)) },
	}
}

// ownerOf is an owner in the words of chaos.
func ownerOf(o runtime.Object) (pod.Owner, bool) {
	switch o := o.(type) {
	case *apps.Deployment:
		return deploymentOwner(o), true
	case *apps.StatefulSet:
		return statefulSetOwner(o), true
	case *apps.DaemonSet:
		return daemonSetOwner(o), true
	}
	return pod.Owner{}, false
}
