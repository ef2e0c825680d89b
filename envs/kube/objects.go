package kube

import (
	"context"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Observe reads the namespace and what is in it.
func (c *Cluster) Observe(ctx context.Context, namespace string) (envs.Current, error) {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	var ns corev1.Namespace
	err := c.api.Core.Get().Resource("namespaces").Name(namespace).Do(ctx).Into(&ns)
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
		errs[0] = c.api.Apps.Get().Namespace(namespace).Resource("deployments").Do(ctx).Into(&deployments)
	})
	wg.Go(func() {
		errs[1] = c.api.Core.Get().Namespace(namespace).Resource("services").Do(ctx).Into(&services)
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
