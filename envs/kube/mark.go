package kube

import (
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Mark sets labels and annotations of the version of an object that was read, or of a
// later one that check lets pass.
func (c *Cluster) Mark(ctx context.Context, old envs.Live, m envs.Marks, check envs.Check) (envs.Live, error) {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	at, err := c.resource(old.Kind)
	if err != nil {
		return envs.Live{}, err
	}
	w := write{c, at, old.Ref, old.Namespace, check}
	got, err := w.try(ctx, version{old.UID, old.ResourceVersion}, func(v version) (object, error) {
		patch, err := markPatch(v, m)
		if err != nil {
			return object{}, err
		}
		return w.patch(ctx, types.MergePatchType, patch)
	})
	if err != nil {
		return envs.Live{}, err
	}
	return live(old.Kind, &got.ObjectMeta), nil
}

// markPatch holds for that version alone.
func markPatch(v version, m envs.Marks) ([]byte, error) {
	meta := map[string]any{"uid": v.uid, "resourceVersion": v.resource}
	if len(m.Labels) > 0 {
		meta["labels"] = m.Labels
	}
	if len(m.Annotations) > 0 {
		meta["annotations"] = m.Annotations
	}
	return json.Marshal(map[string]any{"metadata": meta})
}
