package kube

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// The pauses before a list or a watch that failed is tried again.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// Watch follows our Deployments and their pods in one namespace.
func (c *Cluster) Watch(ctx context.Context, namespace string, show func(envs.Snapshot) bool) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	v := &view{show: show, stop: stop}
	selector := events.LabelManagedBy + "=" + events.Manager + "," + events.LabelEnvironment + "=" + namespace
	var (
		wg   sync.WaitGroup
		errs [2]error
	)
	wg.Go(func() {
		defer stop()
		errs[0] = c.follow(ctx, feed{client: c.apps, plural: "deployments", namespace: namespace, labels: selector, read: v.readDeployments, change: v.changeDeployment})
	})
	wg.Go(func() {
		defer stop()
		errs[1] = c.follow(ctx, feed{client: c.core, plural: "pods", namespace: namespace, labels: selector, read: v.readPods, change: v.changePod})
	})
	wg.Wait()
	return errors.Join(errs[:]...)
}

// feed is a list and the watch that goes on from it.
type feed struct {
	client                            rest.Interface
	plural, namespace, labels, fields string
	// read takes a fresh list and returns its resource version; change takes one event.
	read   func(get func(list runtime.Object) error) (string, error)
	change func(e watch.Event)
}

func (f feed) request(options metav1.ListOptions, params runtime.ParameterCodec) *rest.Request {
	options.LabelSelector, options.FieldSelector = f.labels, f.fields
	return f.client.Get().NamespaceIfScoped(f.namespace, f.namespace != "").Resource(f.plural).VersionedParams(&options, params)
}

// follow lists and watches until ctx ends. A lost watch begins anew with a list,
// so that nothing is missed. It gives up when the cluster refuses.
func (c *Cluster) follow(ctx context.Context, f feed) error {
	pause := firstPause
	for {
		version, err := f.read(func(list runtime.Object) error {
			ctx, cancel := brief(ctx)
			defer cancel()
			return f.request(metav1.ListOptions{}, c.params).Do(ctx).Into(list)
		})
		if err == nil {
			pause = firstPause
			err = c.drain(ctx, f, version)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			err = c.explain(err, "watch", strings.TrimSuffix(f.plural+" in namespace "+f.namespace, " in namespace "))
		}
		if e, ok := errors.AsType[*events.Error](err); ok && e.Kind == events.KindRefused {
			return err
		}
		if !events.Wait(ctx, pause) {
			return nil
		}
		pause = min(2*pause, lastPause)
	}
}

// drain hands on the events of one watch until it ends.
func (c *Cluster) drain(ctx context.Context, f feed, version string) error {
	w, err := f.request(metav1.ListOptions{Watch: true, ResourceVersion: version, AllowWatchBookmarks: true}, c.params).Watch(ctx)
	if err != nil {
		return err
	}
	defer w.Stop()
	for e := range w.ResultChan() {
		switch e.Type {
		case watch.Error:
			return apierrors.FromObject(e.Object)
		case watch.Bookmark:
		case watch.Added, watch.Modified, watch.Deleted:
			f.change(e)
		}
	}
	return nil
}

// view is what the two feeds of Watch have told so far.
type view struct {
	mu          sync.Mutex
	show        func(envs.Snapshot) bool
	stop        func()
	stopped     bool
	deployments map[string]envs.Deployment
	pods        map[string]envs.Pod
}

// update changes the view and shows it, once both feeds have told their first list.
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

func (v *view) readDeployments(get func(runtime.Object) error) (string, error) {
	var list appsv1.DeploymentList
	if err := get(&list); err != nil {
		return "", err
	}
	v.update(func() {
		v.deployments = map[string]envs.Deployment{}
		for i := range list.Items {
			v.deployments[list.Items[i].Name] = deployment(&list.Items[i])
		}
	})
	return list.ResourceVersion, nil
}

func (v *view) changeDeployment(e watch.Event) {
	d, ok := e.Object.(*appsv1.Deployment)
	if !ok {
		return
	}
	v.update(func() {
		if e.Type == watch.Deleted {
			delete(v.deployments, d.Name)
			return
		}
		v.deployments[d.Name] = deployment(d)
	})
}

func (v *view) readPods(get func(runtime.Object) error) (string, error) {
	var list corev1.PodList
	if err := get(&list); err != nil {
		return "", err
	}
	v.update(func() {
		v.pods = map[string]envs.Pod{}
		for i := range list.Items {
			v.pods[list.Items[i].Name] = pod(&list.Items[i])
		}
	})
	return list.ResourceVersion, nil
}

func (v *view) changePod(e watch.Event) {
	p, ok := e.Object.(*corev1.Pod)
	if !ok {
		return
	}
	v.update(func() {
		if e.Type == watch.Deleted {
			delete(v.pods, p.Name)
			return
		}
		v.pods[p.Name] = pod(p)
	})
}
