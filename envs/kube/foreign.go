package kube

import (
	"cmp"
	"context"
	"errors"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

const (
	// parallel is how many lists are asked for at the same time.
	parallel = 8
	// page is how many objects one answer has at most.
	page = "500"
)

// Foreign lists all kinds of objects of the owner's namespace that there are.
func (c *Cluster) Foreign(ctx context.Context, owner events.Owner) (envs.Foreign, error) {
	kinds, unlisted, err := c.kinds(ctx)
	if err != nil {
		return envs.Foreign{}, err
	}
	lists, errs := make([][]found, len(kinds)), make([]error, len(kinds))
	events.Parallel(len(kinds), parallel, func(i int) { lists[i], errs[i] = c.listAll(ctx, owner.Environment, kinds[i]) })
	for i, err := range errs {
		why, err := c.unlisted(err, kinds[i].String())
		if err != nil {
			return envs.Foreign{}, err
		}
		unlisted = append(unlisted, why...)
	}
	slices.Sort(unlisted)
	return envs.Foreign{Objects: foreign(slices.Concat(lists...), owner), Unlisted: unlisted}, nil
}

// unlisted says why the API server does not list something. Any other error, such as
// that of the way to it, is worth another try.
func (c *Cluster) unlisted(err error, what string) ([]string, error) {
	var status apierrors.APIStatus
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &status):
		return []string{what + " (" + kube.OneLine(status.Status().Message) + ")"}, nil
	}
	return nil, c.explain(err, "list", what)
}

// found is an object as it was listed.
type found struct {
	kind kind
	meta metav1.ObjectMeta
}

// foreign are those that neither the owner nor Kubernetes has made, each once.
func foreign(all []found, owner events.Owner) []envs.Ref {
	there := map[types.UID]bool{}
	for i := range all {
		there[all[i].meta.UID] = true
	}
	seen := map[types.UID]bool{}
	var refs []envs.Ref
	for i := range all {
		o := &all[i]
		if seen[o.meta.UID] || o.meta.DeletionTimestamp != nil || owner.Owns(o.meta.Labels) || o.made() || isOwned(&o.meta, owner, there) {
			continue
		}
		seen[o.meta.UID] = true
		refs = append(refs, envs.Ref{Kind: o.kind.name, Name: o.meta.Name})
	}
	slices.SortFunc(refs, func(a, b envs.Ref) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	return refs
}

// isOwned says whether the object belongs to another one in the namespace, as a
// ReplicaSet does to its Deployment and a pod to that. That one is judged instead. When it
// is gone, Kubernetes deletes what it made of a Deployment of ours.
func isOwned(o *metav1.ObjectMeta, owner events.Owner, there map[types.UID]bool) bool {
	by := metav1.GetControllerOfNoCopy(o)
	return by != nil && (there[by.UID] || events.IsUnadopted(o.Labels, owner.Environment))
}

// made says whether Kubernetes makes the object in every namespace, or for every
// service account.
func (o *found) made() bool {
	if o.kind.group != "" {
		return false
	}
	switch o.kind.plural {
	case "serviceaccounts":
		return o.meta.Name == "default"
	case "configmaps":
		return o.meta.Name == "kube-root-ca.crt"
	case "secrets":
		return o.meta.Annotations["kubernetes.io/service-account.name"] != ""
	}
	return false
}

// listAll lists the objects of one kind, page by page.
func (c *Cluster) listAll(ctx context.Context, namespace string, k kind) ([]found, error) {
	var all []found
	for next := ""; ; {
		var list metav1.PartialObjectMetadataList
		request := c.api.Plain.Get().AbsPath(k.path, "namespaces", namespace, k.plural).Param("limit", page).
			SetHeader("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
		if next != "" {
			request = request.Param("continue", next)
		}
		if err := readJSON(ctx, request, &list); err != nil {
			return nil, err
		}
		for i := range list.Items {
			all = append(all, found{k, list.Items[i].ObjectMeta})
		}
		if next = list.Continue; next == "" {
			return all, nil
		}
	}
}
