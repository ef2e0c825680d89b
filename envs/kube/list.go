package kube

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// List reads the namespaces of environments and their Deployments with one request each.
func (c *Cluster) List(ctx context.Context) ([]envs.Seen, error) {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	made := &metav1.ListOptions{LabelSelector: events.LabelManagedBy + "=" + events.Manager + "," + events.LabelEnvironment}
	var (
		wg          sync.WaitGroup
		namespaces  corev1.NamespaceList
		deployments appsv1.DeploymentList
		errs        [2]error
	)
	wg.Go(func() {
		errs[0] = c.api.Core.Get().Resource("namespaces").VersionedParams(made, c.api.Params).Do(ctx).Into(&namespaces)
	})
	wg.Go(func() {
		errs[1] = c.api.Apps.Get().Resource("deployments").VersionedParams(made, c.api.Params).Do(ctx).Into(&deployments)
	})
	wg.Wait()
	for i, what := range []string{"namespaces", "deployments"} {
		if errs[i] != nil {
			return nil, c.explain(errs[i], "list", what)
		}
	}
	return join(namespaces.Items, deployments.Items), nil
}

// join puts each Deployment to its namespace. What carries our labels for another
// environment than the namespace it is in, or for another installation, is not part of it.
func join(namespaces []corev1.Namespace, deployments []appsv1.Deployment) []envs.Seen {
	found := make([]envs.Seen, 0, len(namespaces))
	for i := range namespaces {
		ns := &namespaces[i]
		if ns.Labels[events.LabelEnvironment] != ns.Name {
			continue
		}
		seen := envs.Seen{
			Namespace: live("Namespace", &ns.ObjectMeta), Created: ns.CreationTimestamp.Time,
			Terminating: ns.DeletionTimestamp != nil,
		}
		for j := range deployments {
			if d := &deployments[j]; d.Namespace == ns.Name && isSameOwner(d.Labels, ns.Labels) {
				seen.Deployments = append(seen.Deployments, deployment(d))
			}
		}
		slices.SortFunc(seen.Deployments, func(a, b envs.Deployment) int { return strings.Compare(a.Name, b.Name) })
		found = append(found, seen)
	}
	slices.SortFunc(found, func(a, b envs.Seen) int { return cmp.Compare(a.Namespace.Name, b.Namespace.Name) })
	return found
}

func isSameOwner(a, b map[string]string) bool {
	return a[events.LabelEnvironment] == b[events.LabelEnvironment] && a[events.LabelInstallation] == b[events.LabelInstallation]
}

// AwaitGone watches the one namespace until it is deleted.
func (c *Cluster) AwaitGone(ctx context.Context, namespace, uid string) error {
	inner, gone := context.WithCancel(ctx)
	defer gone()
	here := func(o runtime.Object) bool {
		ns, ok := o.(*corev1.Namespace)
		return ok && ns.Name == namespace && string(ns.UID) == uid
	}
	err := kube.Feed{
		Source: c.api.Source(kube.Resource{
			Client: c.api.Core, Plural: "namespaces", Fields: "metadata.name=" + namespace,
			NewList: func() runtime.Object { return &corev1.NamespaceList{} },
		}),
		Now: time.Now, //nolint:forbidigo // a gap is measured by the clock of this process
		Listed: func(all []runtime.Object, _ kube.Moment) {
			if !slices.ContainsFunc(all, here) {
				gone()
			}
		},
		Changed: func(o runtime.Object, deleted bool, _ kube.Moment) {
			if deleted || !here(o) {
				gone()
			}
		},
	}.Follow(inner)
	if err != nil {
		return c.explain(err, "watch", "namespace "+namespace)
	}
	return ctx.Err()
}
