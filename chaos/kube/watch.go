package kube

import (
	"context"
	"slices"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// askPause is the wait before an owner that could not be read is asked for again.
const askPause = 500 * time.Millisecond

// watcher is one watch with what it has seen.
type watcher struct {
	cluster *Cluster
	mu      sync.Mutex
	// pods are those that are there and were shown, by UID.
	pods map[string]pod.Pod
	show func(pod.Change)
	// held are changes of pods whose owner is not known, oldest first; left has a value
	// when there are any.
	held []held
	left chan struct{}
}

// held is a change that waits for the owner of its pod.
type held struct {
	pod  *core.Pod
	when kube.Moment
}

// Watch follows the pods of the surveyed namespace.
func (c *Cluster) Watch(ctx context.Context, since pod.Survey, opened func(), show func(pod.Change)) error {
	w := &watcher{cluster: c, pods: make(map[string]pod.Pod), show: show, left: make(chan struct{}, 1)}
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
	asked, stop := context.WithCancel(ctx)
	var asking sync.WaitGroup
	asking.Go(func() { w.askAgain(asked) })
	defer asking.Wait()
	defer stop()
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
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = slices.DeleteFunc(w.held, func(h held) bool { return !there[string(h.pod.UID)] })
	for uid, p := range w.pods {
		if !there[uid] {
			w.report(p, true, when)
		}
	}
}

// changed reports a change. One of a pod whose owner is not known yet waits, so that
// no pod is shown with a wrong owner; that it is gone is shown at once.
func (w *watcher) changed(ctx context.Context, o runtime.Object, gone bool, when kube.Moment) {
	p, ok := o.(*core.Pod)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	old, shown := w.pods[string(p.UID)]
	switch {
	case gone:
		w.held = slices.DeleteFunc(w.held, func(h held) bool { return h.pod.UID == p.UID })
		w.report(podOf(p, old.Owner), true, when)
	case shown && old.Owner.UID != "":
		w.report(podOf(p, old.Owner), false, when)
	default:
		w.held = append(w.held, held{p, when})
		w.release(ctx)
	}
}

// release reports what is held of pods whose owner can be read now, in order.
func (w *watcher) release(ctx context.Context) {
	unread := make(map[types.UID]bool)
	w.held = slices.DeleteFunc(w.held, func(h held) bool {
		if unread[h.pod.UID] {
			return false
		}
		owner, err := w.cluster.top(ctx, h.pod)
		if err != nil {
			unread[h.pod.UID] = true
			return false
		}
		w.report(podOf(h.pod, owner), false, h.when)
		return true
	})
	if len(w.held) > 0 {
		select {
		case w.left <- struct{}{}:
		default:
		}
	}
}

// askAgain asks for the owners that could not be read, until ctx ends.
func (w *watcher) askAgain(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.left:
		}
		if !events.Wait(ctx, askPause) {
			return
		}
		w.mu.Lock()
		w.release(ctx)
		w.mu.Unlock()
	}
}

func (w *watcher) report(p pod.Pod, gone bool, when kube.Moment) {
	if gone {
		delete(w.pods, p.UID)
	} else {
		w.pods[p.UID] = p
	}
	w.show(pod.Change{Pod: p, Gone: gone, At: when.At, Since: when.Since})
}
