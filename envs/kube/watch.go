package kube

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Watch follows the Deployments of the owner and their pods in his namespace. Pods do
// not name the installation.
func (c *Cluster) Watch(ctx context.Context, owner events.Owner, show func(envs.Snapshot) bool) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	v := &view{show: show, stop: stop}
	namespace := owner.Environment
	selector := events.LabelManagedBy + "=" + events.Manager + "," + events.LabelEnvironment + "=" + namespace
	feeds := []kube.Feed{
		deploymentFeed(v, c.api.Source(kube.Resource{
			Client: c.api.Apps, Plural: "deployments", Namespace: namespace,
			Labels:  selector + "," + events.LabelInstallation + "=" + owner.Installation,
			NewList: func() runtime.Object { return &appsv1.DeploymentList{} },
		})),
		podFeed(v, c.api.Source(kube.Resource{
			Client: c.api.Core, Plural: "pods", Namespace: namespace, Labels: selector,
			NewList: func() runtime.Object { return &corev1.PodList{} },
		})),
	}
	errs := make([]error, len(feeds))
	var wg sync.WaitGroup
	for i, what := range []string{"deployments", "pods"} {
		wg.Go(func() {
			defer stop()
			if err := feeds[i].Follow(ctx); err != nil {
				errs[i] = c.explain(err, "watch", what+" in namespace "+namespace)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func deploymentFeed(v *view, from kube.Source) kube.Feed {
	return kube.Feed{
		Source: from, Now: time.Now, //nolint:forbidigo // a gap is measured by the clock of this process
		Listed: func(all []runtime.Object, _ kube.Moment) {
			v.update(func() { v.deployments = named(all, deploymentOf) })
		},
		Changed: func(o runtime.Object, deleted bool, _ kube.Moment) {
			v.update(func() { change(v.deployments, o, deleted, deploymentOf) })
		},
	}
}

func podFeed(v *view, from kube.Source) kube.Feed {
	return kube.Feed{
		Source: from, Now: time.Now, //nolint:forbidigo // a gap is measured by the clock of this process
		Listed: func(all []runtime.Object, _ kube.Moment) {
			v.update(func() { v.pods = named(all, podOf) })
		},
		Changed: func(o runtime.Object, deleted bool, _ kube.Moment) {
			v.update(func() { change(v.pods, o, deleted, podOf) })
		},
	}
}

func deploymentOf(o runtime.Object) (string, envs.Deployment) {
	d, ok := o.(*appsv1.Deployment)
	if !ok {
		return "", envs.Deployment{}
	}
	return d.Name, deployment(d)
}

func podOf(o runtime.Object) (string, envs.Pod) {
	p, ok := o.(*corev1.Pod)
	if !ok {
		return "", envs.Pod{}
	}
	return p.Name, pod(p)
}

// named are the objects by name, as envs wants to know them.
func named[T any](all []runtime.Object, of func(runtime.Object) (string, T)) map[string]T {
	m := make(map[string]T, len(all))
	for _, o := range all {
		change(m, o, false, of)
	}
	return m
}

// change takes one change into the map. An object of another kind has no name.
func change[T any](m map[string]T, o runtime.Object, deleted bool, of func(runtime.Object) (string, T)) {
	switch name, value := of(o); {
	case name == "":
	case deleted:
		delete(m, name)
	default:
		m[name] = value
	}
}

// view is what the two feeds of Watch have shown so far.
type view struct {
	mu          sync.Mutex
	show        func(envs.Snapshot) bool
	stop        func()
	stopped     bool
	deployments map[string]envs.Deployment
	pods        map[string]envs.Pod
}

// update changes the view and shows it, once both feeds have shown their first list.
func (v *view) update(change func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change()
	if v.stopped || v.deployments == nil || v.pods == nil {
		return
	}
	if !v.show(envs.Snapshot{Deployments: sorted(v.deployments), Pods: sorted(v.pods)}) {
		v.stopped = true
		v.stop()
	}
}

func sorted[T any](m map[string]T) []T {
	list := make([]T, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, m[k])
	}
	return list
}
