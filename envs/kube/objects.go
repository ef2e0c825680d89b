package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// Observe reads the namespace and what is in it.
func (c *Cluster) Observe(ctx context.Context, namespace string) (envs.Current, error) {
	ctx, cancel := brief(ctx)
	defer cancel()
	var ns corev1.Namespace
	err := c.core.Get().Resource("namespaces").Name(namespace).Do(ctx).Into(&ns)
	if apierrors.IsNotFound(err) {
		return envs.Current{}, nil
	}
	if err != nil {
		return envs.Current{}, c.explain(err, "get", "namespace "+namespace)
	}
	now := envs.Current{Namespace: new(live("Namespace", &ns.ObjectMeta)), Terminating: ns.DeletionTimestamp != nil}
	if now.Namespace.Labels[events.LabelManagedBy] != events.Manager {
		return now, nil
	}
	now.Objects, err = c.objects(ctx, namespace)
	return now, err
}

// objects lists the Deployments and Services of a namespace, both at once.
func (c *Cluster) objects(ctx context.Context, namespace string) ([]envs.Live, error) {
	var (
		wg          sync.WaitGroup
		deployments appsv1.DeploymentList
		services    corev1.ServiceList
		errs        [2]error
	)
	wg.Go(func() {
		errs[0] = c.apps.Get().Namespace(namespace).Resource("deployments").Do(ctx).Into(&deployments)
	})
	wg.Go(func() {
		errs[1] = c.core.Get().Namespace(namespace).Resource("services").Do(ctx).Into(&services)
	})
	wg.Wait()
	for i, what := range []string{"deployments", "services"} {
		if errs[i] != nil {
			return nil, c.explain(errs[i], "list", what+" in namespace "+namespace)
		}
	}
	found := make([]envs.Live, 0, len(deployments.Items)+len(services.Items))
	for i := range deployments.Items {
		found = append(found, live("Deployment", &deployments.Items[i].ObjectMeta))
	}
	for i := range services.Items {
		found = append(found, live("Service", &services.Items[i].ObjectMeta))
	}
	return found, nil
}

func live(kind string, m *metav1.ObjectMeta) envs.Live {
	return envs.Live{
		Ref: envs.Ref{Kind: kind, Name: m.Name}, Namespace: m.Namespace, UID: string(m.UID),
		ResourceVersion: m.ResourceVersion, Generation: m.Generation, Labels: m.Labels, Annotations: m.Annotations,
	}
}

// Apply is a server-side apply of the manifest.
func (c *Cluster) Apply(ctx context.Context, o envs.Object, uid string) (envs.Live, error) {
	ctx, cancel := brief(ctx)
	defer cancel()
	at, err := c.resource(o.Kind)
	if err != nil {
		return envs.Live{}, err
	}
	manifest, err := withUID(o.Manifest, uid)
	if err != nil {
		return envs.Live{}, fmt.Errorf("read the manifest of %s: %w", o.Ref, err)
	}
	result := at.client.Patch(types.ApplyPatchType).NamespaceIfScoped(o.Namespace, o.Namespace != "").
		Resource(at.plural).Name(o.Name).
		VersionedParams(&metav1.PatchOptions{FieldManager: events.Manager, Force: new(uid != "")}, c.params).
		SetHeader("Accept", runtime.ContentTypeJSON).
		Body(manifest).Do(ctx)
	if err := result.Error(); err != nil {
		return envs.Live{}, c.explain(err, "patch", nameOf(o.Ref, o.Namespace))
	}
	raw, err := result.Raw()
	if err != nil {
		return envs.Live{}, c.explain(err, "patch", nameOf(o.Ref, o.Namespace))
	}
	var got struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		return envs.Live{}, fmt.Errorf("read %s as it was applied: %w", o.Ref, err)
	}
	return live(o.Kind, &got.Metadata), nil
}

// withUID makes the manifest one of the object of that UID: the API server
// refuses it for any other.
func withUID(manifest []byte, uid string) ([]byte, error) {
	if uid == "" {
		return manifest, nil
	}
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
	ctx, cancel := brief(ctx)
	defer cancel()
	at, err := c.resource(o.Kind)
	if err != nil {
		return err
	}
	only := &metav1.DeleteOptions{
		Preconditions:     &metav1.Preconditions{UID: new(types.UID(o.UID))},
		PropagationPolicy: new(metav1.DeletePropagationBackground),
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
