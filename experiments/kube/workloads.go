package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Workloads reads a namespace with its Deployments, StatefulSets and DaemonSets, which are
// the components "Kind/name". Errors: *events.Error of KindNotFound when there is no such
// namespace, or it is being deleted.
func (c *Client) Workloads(ctx context.Context, namespace string) (record.Environment, error) {
	ns, err := c.core.Namespaces().Get(ctx, namespace, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return record.Environment{}, events.Errorf(events.KindNotFound, "kubectl get namespaces", "there is no namespace %s", namespace)
	case err != nil:
		return record.Environment{}, fmt.Errorf("read namespace %s: %w", namespace, err)
	case ns.DeletionTimestamp != nil:
		return record.Environment{}, events.Errorf(events.KindNotFound, "", "namespace %s is being deleted", namespace)
	}
	found := record.Environment{Namespace: namespace, Created: ns.CreationTimestamp.UTC().Format(time.RFC3339)}
	for _, list := range []func(context.Context, string) ([]events.EnvironmentComponent, error){c.deployments, c.statefulSets, c.daemonSets} {
		part, err := list(ctx, namespace)
		if err != nil {
			return record.Environment{}, fmt.Errorf("list workloads of namespace %s: %w", namespace, err)
		}
		found.Components = append(found.Components, part...)
	}
	return found, nil
}

func (c *Client) deployments(ctx context.Context, namespace string) (found []events.EnvironmentComponent, err error) {
	list, err := c.apps.Deployments(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for _, d := range list.Items {
		w := workload("Deployment/"+d.Name, d.Spec.Template)
		w.Replicas, w.Ready = replicas(d.Spec.Replicas), int(d.Status.ReadyReplicas)
		found = append(found, w)
	}
	return found, nil
}

func (c *Client) statefulSets(ctx context.Context, namespace string) (found []events.EnvironmentComponent, err error) {
	list, err := c.apps.StatefulSets(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for _, s := range list.Items {
		w := workload("StatefulSet/"+s.Name, s.Spec.Template)
		w.Replicas, w.Ready = replicas(s.Spec.Replicas), int(s.Status.ReadyReplicas)
		found = append(found, w)
	}
	return found, nil
}

func (c *Client) daemonSets(ctx context.Context, namespace string) (found []events.EnvironmentComponent, err error) {
	list, err := c.apps.DaemonSets(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for _, d := range list.Items {
		w := workload("DaemonSet/"+d.Name, d.Spec.Template)
		w.Replicas, w.Ready = int(d.Status.DesiredNumberScheduled), int(d.Status.NumberReady)
		found = append(found, w)
	}
	return found, nil
}

// workload is one with the images of its pods, and a mark of their template.
func workload(name string, t corev1.PodTemplateSpec) events.EnvironmentComponent {
	images := make([]string, 0, len(t.Spec.Containers))
	for _, c := range t.Spec.Containers {
		images = append(images, c.Image)
	}
	w := events.EnvironmentComponent{Name: name, Image: strings.Join(images, ", ")}
	if raw, err := json.Marshal(kube.Unmarked(t)); err == nil {
		w.Version = events.Digest(string(raw))
	}
	return w
}
