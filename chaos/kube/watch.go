package kube

import (
	"context"
	"errors"
	"fmt"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

const (
	// noticeable is the shortest gap that is worth reporting.
	noticeable = 50 * time.Millisecond
	// backlog is how long events of a stream that was reopened may be old ones.
	backlog = 500 * time.Millisecond
	// firstPause and longestPause lie between two attempts to open a stream.
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// watcher is one watch with what it has seen.
type watcher struct {
	cluster   *Cluster
	namespace string
	revision  string
	// pods are those that are there, by UID.
	pods map[string]pod.Pod
	show func(pod.Change)
	// heard is when the stream last said something.
	heard time.Time
	// since and until mark the time in which events may be late.
	since, until time.Time
}

// Watch follows the pods of the surveyed namespace.
func (c *Cluster) Watch(ctx context.Context, since pod.Survey, opened func(), show func(pod.Change)) error {
	w := &watcher{
		cluster: c, namespace: since.Namespace.Name, revision: since.Revision,
		pods: make(map[string]pod.Pod), show: show, heard: c.now(),
	}
	for _, p := range since.Pods {
		w.pods[p.UID] = p
	}
	pause, first := firstPause, true
	for {
		stream, err := w.open(ctx)
		if ctx.Err() != nil {
			if stream != nil {
				stream.Stop()
			}
			return nil
		}
		if err == nil {
			if first {
				opened()
				first = false
			}
			pause = firstPause
			err = w.read(ctx, stream)
		}
		if errors.Is(err, chaos.ErrForbidden) {
			return err
		}
		if expired(err) {
			err = w.relist(ctx)
		}
		if err != nil {
			events.Wait(ctx, pause)
			pause = min(2*pause, longestPause)
		}
	}
}

// open begins the stream where the last one ended.
func (w *watcher) open(ctx context.Context) (watch.Interface, error) {
	stream, err := w.cluster.core.Pods(w.namespace).Watch(ctx, metav1.ListOptions{
		ResourceVersion: w.revision, AllowWatchBookmarks: true,
	})
	if err != nil {
		if expired(err) {
			return nil, err
		}
		return nil, translate("watch pods of namespace "+w.namespace, err)
	}
	if now := w.cluster.now(); now.Sub(w.heard) > noticeable && !w.since.IsZero() {
		w.until = now.Add(backlog)
	}
	return stream, nil
}

// read takes events until the stream ends. A stream that the server ends in
// good order is no error.
func (w *watcher) read(ctx context.Context, stream watch.Interface) error {
	defer stream.Stop()
	w.heard = w.cluster.now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-stream.ResultChan():
			if !ok {
				w.since = w.heard
				return nil
			}
			if err := w.take(ctx, e); err != nil {
				w.since = w.heard
				return err
			}
		}
	}
}

func (w *watcher) take(ctx context.Context, e watch.Event) error {
	at := w.cluster.now()
	w.heard = at
	if e.Type == watch.Error {
		return fmt.Errorf("watch pods of namespace %s: %w", w.namespace, apierrors.FromObject(e.Object))
	}
	p, ok := e.Object.(*core.Pod)
	if !ok {
		return nil
	}
	w.revision = p.ResourceVersion
	if e.Type == watch.Bookmark {
		return nil
	}
	c := pod.Change{Pod: w.known(ctx, p), Gone: e.Type == watch.Deleted, At: at}
	if at.Before(w.until) {
		c.Since = w.since
	}
	w.report(c)
	return nil
}

// known is the pod; its owner is looked up once.
func (w *watcher) known(ctx context.Context, p *core.Pod) pod.Pod {
	if old, ok := w.pods[string(p.UID)]; ok && old.Owner.UID != "" {
		return podOf(p, old.Owner)
	}
	return podOf(p, w.cluster.top(ctx, p))
}

func (w *watcher) report(c pod.Change) {
	if c.Gone {
		delete(w.pods, c.Pod.UID)
	} else {
		w.pods[c.Pod.UID] = c.Pod
	}
	w.show(c)
}

// relist begins anew after the revision is too old to go on from. What changed
// meanwhile is reported with both ends of the gap.
func (w *watcher) relist(ctx context.Context) error {
	since := w.heard
	list, err := w.cluster.core.Pods(w.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return translate("list pods of namespace "+w.namespace, err)
	}
	at := w.cluster.now()
	there := make(map[string]bool)
	for i := range list.Items {
		p := w.known(ctx, &list.Items[i])
		there[p.UID] = true
		w.report(pod.Change{Pod: p, At: at, Since: since})
	}
	for uid, p := range w.pods {
		if !there[uid] {
			w.report(pod.Change{Pod: p, Gone: true, At: at, Since: since})
		}
	}
	w.revision = list.ResourceVersion
	return nil
}

func expired(err error) bool {
	return err != nil && (apierrors.IsResourceExpired(err) || apierrors.IsGone(err))
}
