package kube

import (
	"context"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// watcher is one watch with what it has seen.
type watcher struct {
	cluster *Cluster
	// pods are those that are there, by UID.
	pods map[string]pod.Pod
	show func(pod.Change)
}

// Watch follows the pods of the surveyed namespace.
func (c *Cluster) Watch(ctx context.Context, since pod.Survey, opened func(), show func(pod.Change)) error {
	w := &watcher{cluster: c, pods: make(map[string]pod.Pod), show: show}
	for _, p := range since.Pods {
		w.pods[p.UID] = p
	}
	pods := c.core.Pods(since.Namespace.Name)
	feed := kube.Feed{
		Source: kube.Source{
			List:  func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return pods.List(ctx, o) },
			Watch: pods.Watch,
		},
		From: since.Revision, Opened: opened, Now: c.now,
		Listed:  func(all []runtime.Object, when kube.Moment) { w.listed(ctx, all, when) },
		Changed: func(o runtime.Object, deleted bool, when kube.Moment) { w.changed(ctx, o, deleted, when) },
	}
	if err := feed.Follow(ctx); err != nil {
		return translate("watch pods of namespace "+since.Namespace.Name, err)
	}
	return nil
}

// listed reports what changed while nobody watched.
func (w *watcher) listed(ctx context.Context, all []runtime.Object, when kube.Moment) {
	there := make(map[string]bool)
	for _, o := range all {
		if p, ok := o.(*core.Pod); ok {
			there[string(p.UID)] = true
			w.changed(ctx, o, false, when)
		}
	}
	for uid, p := range w.pods {
		if !there[uid] {
			w.report(p, true, when)
		}
	}
}

func (w *watcher) changed(ctx context.Context, o runtime.Object, gone bool, when kube.Moment) {
	if p, ok := o.(*core.Pod); ok {
		w.report(w.known(ctx, p), gone, when)
	}
}

// known is the pod; its owner is looked up once.
func (w *watcher) known(ctx context.Context, p *core.Pod) pod.Pod {
	if old, ok := w.pods[string(p.UID)]; ok && old.Owner.UID != "" {
		return podOf(p, old.Owner)
	}
	return podOf(p, w.cluster.top(ctx, p))
}

func (w *watcher) report(p pod.Pod, gone bool, when kube.Moment) {
	if gone {
		delete(w.pods, p.UID)
	} else {
		w.pods[p.UID] = p
	}
	w.show(pod.Change{Pod: p, Gone: gone, At: when.At, Since: when.Since})
}
