package kube

import (
	"context"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/shakedown-dev/shakedown/envs/logs"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Watch follows the pods of the namespace, also those that are of no component.
func (c *Cluster) Watch(ctx context.Context, environment string, show func([]logs.Container) bool) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	v := &view{pods: map[string][]logs.Container{}, show: func(all []logs.Container) {
		if ctx.Err() == nil && !show(all) {
			stop()
		}
	}}
	feed := kube.Feed{
		Source: c.api.Source(kube.Resource{
			Client: c.api.Core, Plural: "pods", Namespace: environment,
			NewList: func() runtime.Object { return &corev1.PodList{} },
		}),
		Now:     time.Now, //nolint:forbidigo // a gap is measured by the clock of this process
		Listed:  func(all []runtime.Object, _ kube.Moment) { v.list(all) },
		Changed: func(o runtime.Object, deleted bool, _ kube.Moment) { v.change(o, deleted) },
	}
	if err := feed.Follow(ctx); err != nil {
		return c.explain(err, "watch", "pods in namespace "+environment)
	}
	return nil
}

// view is what was seen of the pods, by name: a name belongs to one pod at a time.
type view struct {
	pods map[string][]logs.Container
	show func([]logs.Container)
}

func (v *view) list(all []runtime.Object) {
	clear(v.pods)
	for _, o := range all {
		v.take(o, false)
	}
	v.show(v.all())
}

func (v *view) change(o runtime.Object, deleted bool) {
	v.take(o, deleted)
	v.show(v.all())
}

func (v *view) take(o runtime.Object, deleted bool) {
	p, ok := o.(*corev1.Pod)
	switch {
	case !ok:
	case deleted:
		delete(v.pods, p.Name)
	default:
		v.pods[p.Name] = containers(p)
	}
}

func (v *view) all() (all []logs.Container) {
	for _, name := range slices.Sorted(maps.Keys(v.pods)) {
		all = append(all, v.pods[name]...)
	}
	return all
}
