package kube

import (
	"context"
	"fmt"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/shakedown-dev/shakedown/chaos/node"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// steadyCore reads pods, and notes what keeps those that are ending. One that cannot be
// read just now, or not soon enough, is there as far as anybody knows: kubectl's drain
// would give it up.
type steadyCore struct {
	corev1.CoreV1Interface
	fates *fates
}

func (s steadyCore) Pods(namespace string) corev1.PodInterface {
	return steadyPods{s.CoreV1Interface.Pods(namespace), namespace, s.fates}
}

type steadyPods struct {
	corev1.PodInterface
	namespace string
	fates     *fates
}

func (s steadyPods) Get(ctx context.Context, name string, o metav1.GetOptions) (*core.Pod, error) {
	brief, cancel := kube.Brief(ctx)
	defer cancel()
	p, err := s.PodInterface.Get(brief, name, o)
	if err == nil {
		s.fates.ending(p)
		return p, nil
	}
	if ctx.Err() != nil || apierrors.IsNotFound(err) || kube.IsRefused(err) {
		return p, err
	}
	uid := s.fates.victim(s.namespace, name).UID
	s.fates.unread(uid, err)
	return &core.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name, UID: types.UID(uid)}}, nil
}

// ending notes what keeps a pod whose eviction was accepted.
func (f *fates) ending(p *core.Pod) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.byUID[string(p.UID)]; one != nil && one.State == node.Leaving && p.DeletionTimestamp != nil {
		one.Why = keeps(p)
	}
}

// notRead begins what is noted when a pod cannot be read any more.
const notRead = "it cannot be read now: "

// unread notes that a pod whose eviction was accepted cannot be read just now.
func (f *fates) unread(uid string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.byUID[uid]; one != nil && one.State == node.Leaving {
		last, _, _ := strings.Cut(one.Why, notRead)
		if last != "" {
			last = strings.TrimSuffix(last, "; ") + "; "
		}
		one.Why = last + notRead + kube.OneLine(err.Error())
	}
}

// keeps says since when a pod is ending, and what keeps it as far as its object shows.
func keeps(p *core.Pod) string {
	var grace time.Duration
	if p.DeletionGracePeriodSeconds != nil {
		grace = time.Duration(*p.DeletionGracePeriodSeconds) * time.Second
	}
	parts := []string{fmt.Sprintf("since %s with a grace of %s", p.DeletionTimestamp.Add(-grace).UTC().Format(time.RFC3339), grace)}
	if len(p.Finalizers) > 0 {
		parts = append(parts, "finalizers: "+strings.Join(p.Finalizers, ", "))
	}
	running := unfinished(p)
	if len(running) == 0 && len(p.Finalizers) == 0 {
		running = []string{fmt.Sprintf("no container runs, but the kubelet of node %s has not cleaned up", p.Spec.NodeName)}
	}
	return strings.Join(append(parts, running...), "; ")
}

// unfinished are the containers of the pod that have not ended, as the kubelet reports them.
func unfinished(p *core.Pod) []string {
	var names []string
	for _, all := range [][]core.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses, p.Status.EphemeralContainerStatuses} {
		for _, c := range all {
			switch {
			case c.State.Running != nil:
				names = append(names, "container "+c.Name+" runs")
			case c.State.Waiting != nil:
				names = append(names, fmt.Sprintf("container %s waits: %s", c.Name, containerTrouble(c)))
			}
		}
	}
	return names
}
