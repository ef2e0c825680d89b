package kube

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// Limits of our own requests: a probe asks a few times a second.
const (
	qps   = 50
	burst = 100
)

// Client counts pods. It may be used from several goroutines.
type Client struct {
	core coreclient.CoreV1Interface
	apps appsv1.AppsV1Interface
}

// New makes a client. It does not connect. Errors: a configuration that cannot be used.
func New(config *rest.Config) (*Client, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = qps, burst
	core, coreErr := coreclient.NewForConfig(config)
	apps, appsErr := appsv1.NewForConfig(config)
	if err := errors.Join(coreErr, appsErr); err != nil {
		return nil, fmt.Errorf("kubernetes client for probes: %w", err)
	}
	return &Client{core: core, apps: apps}, nil
}

// Ready counts the ready pods in the namespace that the part chooses. Any error is a
// problem, never a number. It returns when ctx ends.
func (c *Client) Ready(ctx context.Context, namespace string, p Part) probe.Reading {
	wanted, selector := p.min(), p.Labels
	if p.Component != "" {
		selector = events.LabelComponent + "=" + p.Component
		var err error
		if wanted, err = c.wanted(ctx, namespace, selector); err != nil {
			return problem(ctx, err)
		}
		if wanted == 0 {
			return probe.Problemf(record.ProblemNoTarget, "no workload of component %s in %s wants a replica", p.Component, namespace)
		}
	}
	pods, err := c.core.Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return problem(ctx, fmt.Errorf("list pods with %s in %s: %w", selector, namespace, err))
	}
	return probe.Reading{Value: float64(countReady(pods.Items)), Wanted: new(float64(wanted))}
}

// wanted is how many replicas the Deployments and StatefulSets want together.
func (c *Client) wanted(ctx context.Context, namespace, selector string) (int, error) {
	options := metav1.ListOptions{LabelSelector: selector}
	deployments, err := c.apps.Deployments(namespace).List(ctx, options)
	if err != nil {
		return 0, fmt.Errorf("list deployments with %s in %s: %w", selector, namespace, err)
	}
	sum := 0
	for _, d := range deployments.Items {
		sum += replicas(d.Spec.Replicas)
	}
	if len(deployments.Items) > 0 {
		return sum, nil
	}
	sets, err := c.apps.StatefulSets(namespace).List(ctx, options)
	if err != nil {
		return 0, fmt.Errorf("list statefulsets with %s in %s: %w", selector, namespace, err)
	}
	for _, s := range sets.Items {
		sum += replicas(s.Spec.Replicas)
	}
	return sum, nil
}

// replicas is 1 where the workload gives no number.
func replicas(n *int32) int {
	if n == nil {
		return 1
	}
	return int(*n)
}

func countReady(pods []corev1.Pod) int {
	n := 0
	for _, p := range pods {
		if p.DeletionTimestamp == nil && isReady(p) {
			n++
		}
	}
	return n
}

func isReady(p corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func problem(ctx context.Context, err error) probe.Reading {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded) || apierrors.IsTimeout(err) || apierrors.IsServerTimeout(err):
		return probe.Problemf(record.ProblemTimeout, "%v", err)
	}
	return probe.Problemf(record.ProblemAPI, "%v", err)
}
