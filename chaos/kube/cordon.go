package kube

import (
	"context"
	"encoding/json"
	"fmt"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/node"
	"github.com/shakedown-dev/shakedown/events"
)

// cordonTries is how often a node may change between reading and changing it.
const cordonTries = 10

// Cordon marks the node and makes it unschedulable in one change, which holds only for
// the node as it was read: so the mark says how it was.
func (c *Cluster) Cordon(ctx context.Context, v events.Victim, fault string) error {
	return c.changeNode(ctx, v, func(n *core.Node) (map[string]any, error) {
		if m := markOf(n); m != nil && m.Fault != fault {
			return nil, fmt.Errorf("%w: fault %s", node.ErrMarked, m.Fault)
		} else if m != nil {
			return nil, nil
		}
		raw, err := json.Marshal(node.Mark{Fault: fault, Unschedulable: n.Spec.Unschedulable})
		if err != nil {
			return nil, chaos.Untouched(err)
		}
		return nodePatch(n, string(raw), map[string]any{"unschedulable": true}), nil
	})
}

// Uncordon takes off what Cordon has put on. The taint of an unschedulable node is the
// business of Kubernetes, which follows.
func (c *Cluster) Uncordon(ctx context.Context, v events.Victim, fault string) error {
	err := c.changeNode(ctx, v, func(n *core.Node) (map[string]any, error) {
		m := markOf(n)
		if m == nil || m.Fault != fault {
			return nil, nil
		}
		spec := map[string]any{}
		if n.Spec.Unschedulable && !m.Unschedulable {
			spec["unschedulable"] = nil
		}
		return nodePatch(n, nil, spec), nil
	})
	if isGone(err) {
		return nil
	}
	return err
}

// nodePatch changes the mark, and what spec has, of exactly that node at that version.
func nodePatch(n *core.Node, mark any, spec map[string]any) map[string]any {
	patch := map[string]any{"metadata": map[string]any{
		"uid": n.UID, "resourceVersion": n.ResourceVersion, "annotations": map[string]any{markAnnotation: mark},
	}}
	if len(spec) > 0 {
		patch["spec"] = spec
	}
	return patch
}

// changeNode reads the node and patches it as change says, again while somebody else
// changes it in between. No patch is no change.
func (c *Cluster) changeNode(ctx context.Context, v events.Victim, change func(*core.Node) (map[string]any, error)) error {
	var err error
	for range cordonTries {
		if err = c.patchNode(ctx, v, change); !apierrors.IsConflict(err) {
			return err
		}
	}
	return err
}

func (c *Cluster) patchNode(ctx context.Context, v events.Victim, change func(*core.Node) (map[string]any, error)) error {
	n, err := c.core.Nodes().Get(ctx, v.Name, metav1.GetOptions{})
	switch {
	case err != nil:
		return chaos.Untouched(translate("get node "+v.Name, err))
	case string(n.UID) != v.ID:
		return fmt.Errorf("node %s: %w: another one (uid %s) has its name", v.Name, chaos.ErrGone, n.UID)
	}
	patch, err := change(n)
	if err != nil || patch == nil {
		return err
	}
	raw, err := json.Marshal(patch)
	if err == nil {
		err = events.CheckFence(ctx)
	}
	if err != nil {
		return chaos.Untouched(err)
	}
	_, err = c.core.Nodes().Patch(ctx, v.Name, types.MergePatchType, raw, metav1.PatchOptions{FieldManager: events.Manager})
	if err != nil {
		return translate("patch node "+v.Name, err)
	}
	return nil
}
