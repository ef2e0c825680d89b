package kube

import (
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Annotate sets annotations of the version of a namespace that was read, or of a later one
// that check lets pass.
func (c *Cluster) Annotate(ctx context.Context, old envs.Live, values map[string]string, check envs.Check) (envs.Live, error) {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	at, err := c.resource(old.Kind)
	if err != nil {
		return envs.Live{}, err
	}
	w := write{c, at, old.Ref, old.Namespace, check}
	got, err := w.try(ctx, version{old.UID, old.ResourceVersion}, func(v version) (object, error) {
		patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
			"uid": v.uid, "resourceVersion": v.resource, "annotations": values,
		}})
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
