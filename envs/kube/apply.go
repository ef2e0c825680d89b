package kube

import (
	"context"
	"encoding/json"
	"errors"
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

// Apply creates the object, or brings the one of that UID into the form of the
// manifest.
func (c *Cluster) Apply(ctx context.Context, o envs.Object, uid string) (envs.Live, error) {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	at, err := c.resource(o.Kind)
	if err != nil {
		return envs.Live{}, err
	}
	var got object
	if uid == "" {
		got, err = c.create(ctx, at, o)
	} else {
		got, err = c.update(ctx, at, o, uid)
	}
	if err != nil {
		return envs.Live{}, err
	}
	return live(o.Kind, &got.ObjectMeta), nil
}

// create makes a new object. The API server refuses it when there is one of that
// name by now.
func (c *Cluster) create(ctx context.Context, at resource, o envs.Object) (object, error) {
	request := at.client.Post().NamespaceIfScoped(o.Namespace, o.Namespace != "").Resource(at.plural).
		VersionedParams(&metav1.CreateOptions{FieldManager: events.Manager}, c.api.Params).
		SetHeader("Content-Type", runtime.ContentTypeJSON).Body([]byte(o.Manifest))
	got, err := c.send(ctx, request, "create", o)
	if err != nil {
		return object{}, err
	}
	return c.adopt(ctx, at, o, got)
}

// update is a server-side apply to the object of that UID.
func (c *Cluster) update(ctx context.Context, at resource, o envs.Object, uid string) (object, error) {
	got, err := c.apply(ctx, at, o, uid)
	if err != nil {
		return object{}, err
	}
	return c.adopt(ctx, at, o, got)
}

// adopt makes server-side apply the manager of the fields that a create has set, and
// of no other. Without it, fields that a later manifest has no more would stay. It
// belongs to the create; an update does it when the server ended in between.
func (c *Cluster) adopt(ctx context.Context, at resource, o envs.Object, got object) (object, error) {
	if !hasCreated(got.ManagedFields) {
		return got, nil
	}
	if err := c.handOver(ctx, at, o, got); err != nil {
		return object{}, err
	}
	// The create has set the defaults, too; this apply lets go of them.
	return c.apply(ctx, at, o, string(got.UID))
}

// apply brings the object of that UID into the form of the manifest.
func (c *Cluster) apply(ctx context.Context, at resource, o envs.Object, uid string) (object, error) {
	manifest, err := withUID(o.Manifest, uid)
	if err != nil {
		return object{}, fmt.Errorf("read the manifest of %s: %w", o.Ref, err)
	}
	return c.patch(ctx, at, o, types.ApplyPatchType, manifest)
}

func (c *Cluster) patch(ctx context.Context, at resource, o envs.Object, how types.PatchType, patch []byte) (object, error) {
	options := &metav1.PatchOptions{FieldManager: events.Manager}
	if how == types.ApplyPatchType {
		options.Force = new(true)
	}
	request := at.client.Patch(how).NamespaceIfScoped(o.Namespace, o.Namespace != "").
		Resource(at.plural).Name(o.Name).VersionedParams(options, c.api.Params).Body(patch)
	return c.send(ctx, request, "patch", o)
}

func (c *Cluster) get(ctx context.Context, at resource, o envs.Object) (object, error) {
	request := at.client.Get().NamespaceIfScoped(o.Namespace, o.Namespace != "").Resource(at.plural).Name(o.Name)
	return c.do(ctx, request, "get", o)
}

// send makes one change, unless the right to make it was lost meanwhile.
func (c *Cluster) send(ctx context.Context, request *rest.Request, verb string, o envs.Object) (object, error) {
	if err := events.CheckFence(ctx); err != nil {
		return object{}, err
	}
	return c.do(ctx, request, verb, o)
}

// do makes a request that is answered with the object.
func (c *Cluster) do(ctx context.Context, request *rest.Request, verb string, o envs.Object) (object, error) {
	result := request.SetHeader("Accept", runtime.ContentTypeJSON).Do(ctx)
	if err := result.Error(); err != nil { // Raw would leave out what the API server says
		return object{}, c.explain(err, verb, nameOf(o.Ref, o.Namespace))
	}
	raw, err := result.Raw()
	if err != nil {
		return object{}, c.explain(err, verb, nameOf(o.Ref, o.Namespace))
	}
	var got object
	if err := json.Unmarshal(raw, &got); err != nil {
		return object{}, fmt.Errorf("read %s as it is now: %w", o.Ref, err)
	}
	return got, nil
}

// withUID makes the manifest one of the object of that UID: the API server
// refuses it for any other.
func withUID(manifest []byte, uid string) ([]byte, error) {
	var m map[string]any
	if err := json.Unmarshal(manifest, &m); err != nil {
		return nil, err
	}
	meta, ok := m["metadata"].(map[string]any)
	if !ok {
		return nil, errors.New("it has no metadata")
	}
	meta["uid"] = uid
	return json.Marshal(m)
}

// Remove deletes the object of that UID. A Deployment's ReplicaSets and pods go
// with it.
func (c *Cluster) Remove(ctx context.Context, o envs.Live) error {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	at, err := c.resource(o.Kind)
	if err != nil {
		return err
	}
	only := &metav1.DeleteOptions{
		Preconditions:     &metav1.Preconditions{UID: new(types.UID(o.UID))},
		PropagationPolicy: new(metav1.DeletePropagationBackground),
	}
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	err = at.client.Delete().NamespaceIfScoped(o.Namespace, o.Namespace != "").Resource(at.plural).Name(o.Name).
		Body(only).Do(ctx).Error()
	if err == nil || apierrors.IsNotFound(err) {
		return nil
	}
	return c.explain(err, "delete", nameOf(o.Ref, o.Namespace))
}

func nameOf(r envs.Ref, namespace string) string {
	if namespace == "" {
		return "namespace " + r.Name
	}
	return fmt.Sprintf("%s in namespace %s", r, namespace)
}
