package kube

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Preview lets the API server say what an apply would make of the object, with its
// defaults and rules: a dry run, which is of the version that is compared with it.
func (c *Cluster) Preview(ctx context.Context, o envs.Object, old envs.Live, check envs.Check) (envs.Preview, error) {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	at, err := c.resource(o.Kind)
	if err != nil {
		return envs.Preview{}, err
	}
	w := write{c, at, o.Ref, o.Namespace, check}
	for range tries {
		p, err := w.preview(ctx, o.Manifest, old.UID)
		switch {
		case apierrors.IsNotFound(err):
			return p, events.Errorf(events.KindUnavailable, "ask again", "%s is gone meanwhile", nameOf(w.ref, w.namespace))
		case !apierrors.IsConflict(err):
			return p, err
		}
	}
	return envs.Preview{}, w.restless()
}

func (w write) preview(ctx context.Context, manifest []byte, uid string) (envs.Preview, error) {
	is, err := w.raw(ctx, w.getting(), "get")
	if err != nil {
		return envs.Preview{}, err
	}
	now, err := w.read(is)
	if err != nil {
		return envs.Preview{}, err
	}
	if err := w.permit(now, uid); err != nil {
		return envs.Preview{}, err
	}
	bound, err := versionOf(now).bind(manifest)
	if err != nil {
		return envs.Preview{}, fmt.Errorf("read the manifest of %s: %w", w.ref, err)
	}
	wanted, err := w.raw(ctx, w.patching(types.ApplyPatchType, bound).Param("dryRun", "All"), "preview")
	return envs.Preview{Is: is, Wanted: wanted}, err
}
