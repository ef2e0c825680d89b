package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// manager is the field manager of what faults change. It is not that of environments:
// these know by the manager which fields are theirs.
const manager = "shakedown-chaos"

// Scalers lists the autoscalers of the namespace.
func (c *Cluster) Scalers(ctx context.Context, namespace string) ([]pod.Autoscaler, error) {
	list, err := c.scaling.HorizontalPodAutoscalers(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, translate("list horizontalpodautoscalers of namespace "+namespace, err)
	}
	all := make([]pod.Autoscaler, 0, len(list.Items))
	for i := range list.Items {
		h := &list.Items[i]
		s := pod.Autoscaler{Name: h.Name, Kind: h.Spec.ScaleTargetRef.Kind, Target: h.Spec.ScaleTargetRef.Name, Least: 1}
		if h.Spec.MinReplicas != nil {
			s.Least = int(*h.Spec.MinReplicas)
		}
		if above := metav1.GetControllerOf(h); above != nil {
			s.Above = refTo(above)
		}
		all = append(all, s)
	}
	return all, nil
}

// scaled is the part of an owner that tells how it is scaled.
type scaled struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Replicas *int32 `json:"replicas"`
	} `json:"spec"`
}

// Scale reads the owner of that UID.
func (c *Cluster) Scale(ctx context.Context, v events.Victim) (pod.Scale, error) {
	at, err := resourceOf(v)
	if err != nil {
		return pod.Scale{}, err
	}
	raw, err := c.apps.RESTClient().Get().Namespace(v.Namespace).Resource(at).Name(v.Name).
		SetHeader("Accept", "application/json").Do(ctx).Raw()
	if err != nil {
		return pod.Scale{}, translate("get "+v.Owner, err)
	}
	var o scaled
	if err := json.Unmarshal(raw, &o); err != nil {
		return pod.Scale{}, fmt.Errorf("read %s: %w", v.Owner, err)
	}
	switch {
	case string(o.UID) != v.UID:
		return pod.Scale{}, fmt.Errorf("%w: another %s (uid %s) has its name", chaos.ErrGone, v.Kind, o.UID)
	case o.DeletionTimestamp != nil:
		return pod.Scale{}, fmt.Errorf("%w: it is being deleted", chaos.ErrGone)
	}
	return pod.Scale{Replicas: wantedReplicas(o.Spec.Replicas), Note: o.Annotations[events.AnnotationOutage], Version: o.ResourceVersion}, nil
}

// Rescale changes the owner at the version that was read. It touches nothing but the
// replicas and our annotation.
func (c *Cluster) Rescale(ctx context.Context, v events.Victim, from, to pod.Scale) error {
	var note any
	if to.Note != "" {
		note = to.Note
	}
	change := map[string]any{"metadata": map[string]any{"annotations": map[string]any{events.AnnotationOutage: note}}}
	if to.Replicas != from.Replicas {
		change["spec"] = map[string]any{"replicas": to.Replicas}
	}
	return c.patchOwner(ctx, v, from.Version, change)
}

// patchOwner changes the owner of that UID at that version. Errors: pod.ErrChanged.
func (c *Cluster) patchOwner(ctx context.Context, v events.Victim, version string, change map[string]any) error {
	at, err := resourceOf(v)
	if err != nil {
		return err
	}
	meta, _ := change["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
	}
	meta["uid"], meta["resourceVersion"] = v.UID, version
	change["metadata"] = meta
	body, err := json.Marshal(change)
	if err != nil {
		return fmt.Errorf("encode a change of %s: %w", v.Owner, err)
	}
	if err := events.CheckFence(ctx); err != nil {
		return chaos.Untouched(err)
	}
	err = c.apps.RESTClient().Patch(types.MergePatchType).Namespace(v.Namespace).Resource(at).Name(v.Name).
		Param("fieldManager", manager).MaxRetries(0).Body(body).Do(ctx).Error()
	switch {
	case err == nil:
		return nil
	case apierrors.IsConflict(err):
		return fmt.Errorf("patch %s: %w", v.Owner, errors.Join(pod.ErrChanged, err))
	}
	return translate("patch "+v.Owner, err)
}

// resourceOf is the plural of an owner that can be changed.
func resourceOf(v events.Victim) (string, error) {
	switch v.Kind {
	case "deployment", "statefulset", "daemonset":
		return v.Kind + "s", nil
	}
	return "", chaos.Untouched(fmt.Errorf("change %s: a %s is no owner that faults change", v.Name, v.Kind))
}
