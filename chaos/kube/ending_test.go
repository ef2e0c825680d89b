package kube

import (
	"context"
	"errors"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/shakedown-dev/shakedown/chaos/node"
	"github.com/shakedown-dev/shakedown/chaos/pod"
)

// lingering makes the pod end at a fixed time with a grace of 3s, one container in that state
// ("" for none) and those finalizers.
func lingering(state string, finalizers ...string) func(*core.Pod) {
	return func(p *core.Pod) {
		grace, by := int64(3), metav1.Date(2026, 11, 29, 20, 6, 18, 0, time.UTC)
		p.DeletionGracePeriodSeconds, p.DeletionTimestamp, p.Finalizers = &grace, &by, finalizers
		c := core.ContainerStatus{Name: "api"}
		switch state {
		case "runs":
			c.State.Running = &core.ContainerStateRunning{}
		case "waits":
			c.State.Waiting = &core.ContainerStateWaiting{Reason: "ContainerCreating"}
		case "ended":
			c.State.Terminated = &core.ContainerStateTerminated{}
		default:
			return
		}
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, c)
	}
}

// TestKeeps: why a pod that is ending is still there is what its object shows, and no more.
func TestKeeps(t *testing.T) {
	const since = "since 2026-11-29T20:06:15Z with a grace of 3s; "
	helper := func(p *core.Pod) {
		lingering("ended")(p)
		running := core.ContainerStatus{Name: "shakedown-1", State: core.ContainerState{Running: &core.ContainerStateRunning{}}}
		p.Status.EphemeralContainerStatuses = append(p.Status.EphemeralContainerStatuses, running)
	}
	noGrace := func(p *core.Pod) {
		lingering("runs")(p)
		p.DeletionGracePeriodSeconds = nil
	}
	for _, tc := range []struct {
		name string
		hold func(*core.Pod)
		want string
	}{
		{"a container runs", lingering("runs"), since + "container api runs"},
		{"a container waits", lingering("waits"), since + "container api waits: ContainerCreating"},
		{"all have ended", lingering("ended"), since + "no container runs, but the kubelet of node n1 has not cleaned up"},
		{"none was ever reported", lingering(""), since + "no container runs, but the kubelet of node n1 has not cleaned up"},
		{"only a finalizer is left", lingering("ended", "a/b", "c"), since + "finalizers: a/b, c"},
		{"both", lingering("runs", "a/b"), since + "finalizers: a/b; container api runs"},
		{"a helper runs", helper, since + "container shakedown-1 runs"},
		{"no grace is known", noGrace, "since 2026-11-29T20:06:18Z with a grace of 0s; container api runs"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := aPod("owned", "uid-owned", "1")
			tc.hold(&p)
			if got := keeps(&p); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// TestUnreadKeepsWhatWasRead: the last that was read of a pod stays beside the error, which
// is that of the last try.
func TestUnreadKeepsWhatWasRead(t *testing.T) {
	p := aPod("owned", "uid-owned", "1")
	lingering("runs")(&p)
	all := &fates{byUID: map[string]*node.Fate{"uid-owned": {State: node.Leaving}, "uid-kept": {State: node.Blocked, Why: "a budget"}}}
	all.ending(&p)
	for _, why := range []string{"etcd", "no route\nto host"} {
		all.unread("uid-owned", errors.New(why))
		all.unread("uid-kept", errors.New(why))
	}
	want := "since 2026-11-29T20:06:15Z with a grace of 3s; container api runs; it cannot be read now: no route to host"
	if got := all.byUID["uid-owned"].Why; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := all.byUID["uid-kept"].Why; got != "a budget" {
		t.Errorf("a pod that was not evicted: %s", got)
	}
}

// boundedPods answers no Get, and notes whether it has an end of its own.
type boundedPods struct {
	corev1.PodInterface
	bounded bool
}

func (b *boundedPods) Get(ctx context.Context, _ string, _ metav1.GetOptions) (*core.Pod, error) {
	_, b.bounded = ctx.Deadline()
	return nil, context.DeadlineExceeded
}

// TestSteadyPodsDoNotWaitForEver: a call that is not answered ends before the drain does,
// and the pod is there as far as anybody knows.
func TestSteadyPodsDoNotWaitForEver(t *testing.T) {
	pods := &boundedPods{}
	all := &fates{byUID: map[string]*node.Fate{"uid-owned": {State: node.Leaving, Pod: node.Pod{Pod: pod.Pod{Namespace: "shop", Name: "owned"}}}}}
	p, err := steadyPods{pods, "shop", all}.Get(t.Context(), "owned", metav1.GetOptions{})
	if err != nil || p.UID != "uid-owned" || !pods.bounded {
		t.Errorf("pod %v, error %v, bounded %v", p, err, pods.bounded)
	}
	if want, got := "it cannot be read now: context deadline exceeded", all.byUID["uid-owned"].Why; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
