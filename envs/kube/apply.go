package kube

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// object is the part of an object that is read of an answer.
type object = metav1.PartialObjectMetadata

// Apply creates the object, or brings the version of it that was read into the form
// of the manifest.
func (c *Cluster) Apply(ctx context.Context, o envs.Object, old envs.Live, check envs.Check) (envs.Live, error) {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	at, err := c.resource(o.Kind)
	if err != nil {
		return envs.Live{}, err
	}
	var got object
	if w := (write{c, at, o.Ref, o.Namespace, check}); old.UID == "" {
		got, err = w.create(ctx, o.Manifest)
	} else {
		got, err = w.update(ctx, o.Manifest, version{old.UID, old.ResourceVersion})
	}
	if err != nil {
		return envs.Live{}, err
	}
	return live(o.Kind, &got.ObjectMeta), nil
}

// create makes a new object. The API server refuses it when there is one of that
// name by now; if check lets that pass, it is updated.
func (w write) create(ctx context.Context, manifest []byte) (object, error) {
	request := w.at.client.Post().NamespaceIfScoped(w.namespace, w.namespace != "").Resource(w.at.plural).
		VersionedParams(&metav1.CreateOptions{FieldManager: events.Manager}, w.api.Params).
		SetHeader("Content-Type", runtime.ContentTypeJSON).Body(manifest)
	got, err := w.send(ctx, request, "create")
	if err == nil {
		return w.adopt(ctx, manifest, got)
	}
	if !apierrors.IsAlreadyExists(err) {
		return object{}, err
	}
	if got, err = w.again(ctx, ""); err != nil {
		return object{}, err
	}
	return w.update(ctx, manifest, versionOf(got))
}

// update is a server-side apply to that version of the object.
func (w write) update(ctx context.Context, manifest []byte, v version) (object, error) {
	got, err := w.apply(ctx, manifest, v)
	if err != nil {
		return object{}, err
	}
	return w.adopt(ctx, manifest, got)
}

// adopt makes server-side apply the manager of the fields that a create has set, and
// of no other. Without it, fields that a later manifest has no more would stay. It
// belongs to the create; an update does it when the server ended in between.
func (w write) adopt(ctx context.Context, manifest []byte, got object) (object, error) {
	if !hasCreated(got.ManagedFields) {
		return got, nil
	}
	got, err := w.handOver(ctx, got)
	if err != nil {
		return object{}, err
	}
	// The create has set the defaults, too; this apply lets go of them.
	return w.apply(ctx, manifest, versionOf(got))
}

// apply brings that version of the object into the form of the manifest, or a later
// one that check lets pass.
func (w write) apply(ctx context.Context, manifest []byte, v version) (object, error) {
	return w.try(ctx, v, func(v version) (object, error) {
		bound, err := v.bind(manifest)
		if err != nil {
			return object{}, fmt.Errorf("read the manifest of %s: %w", w.ref, err)
		}
		return w.patch(ctx, types.ApplyPatchType, bound)
	})
}

func (w write) patch(ctx context.Context, how types.PatchType, patch []byte) (object, error) {
	return w.send(ctx, w.patching(how, patch), "patch")
}

func (w write) patching(how types.PatchType, patch []byte) *rest.Request {
	options := &metav1.PatchOptions{FieldManager: events.Manager}
	if how == types.ApplyPatchType {
		options.Force = new(true)
	}
	return w.at.client.Patch(how).NamespaceIfScoped(w.namespace, w.namespace != "").
		Resource(w.at.plural).Name(w.ref.Name).VersionedParams(options, w.api.Params).Body(patch)
}

// Remove deletes the version of the object that was read. A Deployment's ReplicaSets
// and pods go with it.
func (c *Cluster) Remove(ctx context.Context, o envs.Live, check envs.Check) error {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	at, err := c.resource(o.Kind)
	if err != nil {
		return err
	}
	w := write{c, at, o.Ref, o.Namespace, check}
	_, err = w.try(ctx, version{o.UID, o.ResourceVersion}, func(v version) (object, error) {
		return object{}, w.delete(ctx, v)
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func (w write) delete(ctx context.Context, v version) error {
	only := &metav1.DeleteOptions{
		Preconditions:     &metav1.Preconditions{UID: new(types.UID(v.uid)), ResourceVersion: &v.resource},
		PropagationPolicy: new(metav1.DeletePropagationBackground),
	}
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	err := w.at.client.Delete().NamespaceIfScoped(w.namespace, w.namespace != "").Resource(w.at.plural).Name(w.ref.Name).
		Body(only).Do(ctx).Error()
	if err != nil {
		return w.explain(err, "delete", nameOf(w.ref, w.namespace))
	}
	return nil
}

func nameOf(r envs.Ref, namespace string) string {
	if namespace == "" {
		return "namespace " + r.Name
	}
	return fmt.Sprintf("%s in namespace %s", r, namespace)
}
