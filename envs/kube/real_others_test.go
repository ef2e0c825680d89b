//go:build real

package kube_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/envs/envstest"
	"github.com/shakedown-dev/shakedown/envs/kube"
	"github.com/shakedown-dev/shakedown/events"
)

type fields = map[string]any

// plurals are the kinds of objects that others make, and those of the API group apps.
func plurals() map[string]string {
	return map[string]string{
		envstest.Namespace: "namespaces", envstest.Deployment: "deployments", envstest.Service: "services",
		envstest.ConfigMap: "configmaps", envstest.Secret: "secrets", envstest.Claim: "persistentvolumeclaims",
	}
}

// others is the cluster as those have it who use it, too.
type others struct {
	config *rest.Config
	client dynamic.Interface
}

func newOthers(t *testing.T) others {
	t.Helper()
	config := restConfig(t)
	config.QPS = -1
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return others{config, client}
}

// Client is the cluster with somebody who comes before each change.
func (o others) Client(before func(envstest.Verb, envstest.At)) (envs.Cluster, error) {
	config := rest.CopyConfig(o.config)
	config.Wrap(watching(before))
	return kube.New(config)
}

func (o others) at(a envstest.At) dynamic.ResourceInterface {
	where := schema.GroupVersionResource{Version: "v1", Resource: plurals()[a.Kind]}
	if a.Kind == envstest.Deployment {
		where.Group = "apps"
	}
	if a.Kind == envstest.Namespace {
		return o.client.Resource(where)
	}
	return o.client.Resource(where).Namespace(a.Space)
}

// Make makes an object that does nothing.
func (o others) Make(ctx context.Context, at envstest.At, labels map[string]string) (envstest.Thing, bool, error) {
	m := fields{"apiVersion": "v1", "kind": at.Kind, "metadata": fields{"name": at.Name, "labels": labels}}
	switch at.Kind {
	case envstest.Deployment:
		m["apiVersion"], m["spec"] = "apps/v1", foreignDeployment(at.Name).Spec
	case envstest.Service:
		m["spec"] = fields{"ports": []any{fields{"port": 80}}}
	case envstest.Claim:
		m["spec"] = fields{"accessModes": []any{"ReadWriteOnce"}, "resources": fields{"requests": fields{"storage": "1Mi"}}}
	case envstest.ConfigMap, envstest.Secret:
		m["data"] = fields{"key": "dmFsdWU="}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return envstest.Thing{}, false, err
	}
	var object unstructured.Unstructured
	if err := object.UnmarshalJSON(raw); err != nil {
		return envstest.Thing{}, false, err
	}
	made, err := o.at(at).Create(ctx, &object, metav1.CreateOptions{FieldManager: "others"})
	if apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return envstest.Thing{}, false, nil
	}
	return written(at, made, err)
}

// Label sets labels by a patch, which holds for the UID alone if one is named.
func (o others) Label(ctx context.Context, at envstest.At, uid string, labels map[string]string) (envstest.Thing, bool, error) {
	set, meta := fields{}, fields{}
	for key, value := range labels {
		if set[key] = value; value == "" {
			set[key] = nil
		}
	}
	if meta["labels"] = set; uid != "" {
		meta["uid"] = uid
	}
	patch, err := json.Marshal(fields{"metadata": meta})
	if err != nil {
		return envstest.Thing{}, false, err
	}
	now, err := o.at(at).Patch(ctx, at.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "others"})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) && uid != "" {
		return envstest.Thing{}, false, nil
	}
	return written(at, now, err)
}

func written(at envstest.At, o *unstructured.Unstructured, err error) (envstest.Thing, bool, error) {
	if err != nil {
		return envstest.Thing{}, false, err
	}
	t, err := thingOf(at, o)
	return t, err == nil, err
}

// Delete deletes an object and waits until it is gone.
func (o others) Delete(ctx context.Context, at envstest.At, uid string) error {
	now, err := o.at(at).Get(ctx, at.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) || err == nil && uid != "" && string(now.GetUID()) != uid {
		return nil
	}
	if err != nil {
		return err
	}
	was := now.GetUID()
	err = o.at(at).Delete(ctx, at.Name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &was}})
	for err == nil {
		now, err = o.at(at).Get(ctx, at.Name, metav1.GetOptions{})
		if err == nil && now.GetUID() != was {
			return nil
		}
		if err == nil && !events.Wait(ctx, 50*time.Millisecond) {
			err = ctx.Err()
		}
	}
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// Read reads a namespace and what is in it.
func (o others) Read(ctx context.Context, space string) ([]envstest.Thing, error) {
	ns := envstest.At{Space: space, Ref: envs.Ref{Kind: envstest.Namespace, Name: space}}
	now, err := o.at(ns).Get(ctx, space, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	first, _, err := written(ns, now, err)
	if err != nil {
		return nil, err
	}
	all := []envstest.Thing{first}
	for _, kind := range slices.Sorted(maps.Keys(plurals())) {
		if kind == envstest.Namespace {
			continue
		}
		things, err := o.list(ctx, space, kind)
		if err != nil {
			return nil, err
		}
		all = append(all, things...)
	}
	return all, nil
}

func (o others) list(ctx context.Context, space, kind string) (all []envstest.Thing, err error) {
	found, err := o.at(envstest.At{Space: space, Ref: envs.Ref{Kind: kind}}).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var errs []error
	for i := range found.Items {
		one := &found.Items[i]
		if one.GetName() == "kube-root-ca.crt" {
			continue
		}
		t, err := thingOf(envstest.At{Space: space, Ref: envs.Ref{Kind: kind, Name: one.GetName()}}, one)
		all, errs = append(all, t), append(errs, err)
	}
	return all, errors.Join(errs...)
}

// thingOf is an object as its clients have written it: without its status, what controllers
// note in it, and which other client has set which field when. What we have set, stays.
func thingOf(at envstest.At, o *unstructured.Unstructured) (envstest.Thing, error) {
	notes := o.GetAnnotations()
	if delete(notes, "deployment.kubernetes.io/revision"); len(notes) == 0 {
		notes = nil
	}
	t := envstest.Thing{At: at, UID: string(o.GetUID()), Labels: o.GetLabels(), Annotations: notes}
	ours := slices.DeleteFunc(o.GetManagedFields(), func(m metav1.ManagedFieldsEntry) bool { return m.Manager != events.Manager })
	rest := o.DeepCopy()
	rest.SetManagedFields(ours)
	rest.SetResourceVersion("")
	rest.SetLabels(nil)
	rest.SetAnnotations(nil)
	delete(rest.Object, "status")
	raw, err := rest.MarshalJSON()
	t.Rest = string(raw)
	return t, err
}
