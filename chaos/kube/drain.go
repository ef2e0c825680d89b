package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	policyv1 "k8s.io/client-go/kubernetes/typed/policy/v1"
	"k8s.io/kubectl/pkg/drain"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/node"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// evictPause is the wait before an eviction that was denied is tried again.
const evictPause = time.Second

// Drain lets kubectl's drain evict the pods of the node, round after round, since a pod
// that tolerates the cordon may come meanwhile. What evicts is ours: by the pod's UID, at
// its version, and under the lease of ctx.
func (c *Cluster) Drain(ctx context.Context, v events.Victim, r node.Rules, grace *time.Duration) ([]node.Fate, error) {
	all := &fates{byUID: make(map[string]*node.Fate)}
	for {
		if err := c.onSameNode(ctx, v); err != nil {
			return all.list(), err
		}
		list, err := c.podsOf(ctx, v.Name)
		if err != nil {
			return all.list(), err
		}
		var going []core.Pod
		var refused error
		for i := range list.Items {
			p := c.ruled(ctx, &list.Items[i], r)
			all.note(p)
			switch p.Action {
			case node.Evict:
				going = append(going, list.Items[i])
			case node.Refuse:
				refused = fmt.Errorf("the drain may not take pod %s: %s", p, p.Why)
			case node.Skip: // it stays
			}
		}
		if len(going) == 0 {
			return all.list(), refused
		}
		helper := c.drainer(ctx, r)
		helper.Client, helper.Out, helper.ErrOut, helper.EvictErrorRetryDelay = evictor{cluster: c, grace: grace, fates: all}, io.Discard, io.Discard, evictPause
		helper.OnPodDeletionOrEvictionFinished = func(p *core.Pod, _ bool, err error) {
			if err == nil {
				all.set(string(p.UID), node.Evicted, "")
			}
		}
		if err := helper.DeleteOrEvictPods(going); err != nil {
			return all.list(), err
		}
	}
}

// onSameNode says whether the name is still that of the victim.
func (c *Cluster) onSameNode(ctx context.Context, v events.Victim) error {
	n, err := c.Node(ctx, v.Name)
	if err == nil && n.UID != v.ID {
		err = fmt.Errorf("node %s: %w: another one has its name", v.Name, chaos.ErrGone)
	}
	return err
}

// fates is what became of the pods. Its methods may be called at the same time.
type fates struct {
	mu    sync.Mutex
	byUID map[string]*node.Fate
}

// note takes in a pod that is there.
func (f *fates) note(p node.Pod) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.byUID[p.UID]; known {
		return
	}
	state := node.Blocked
	if p.Action == node.Skip {
		state = node.Skipped
	}
	f.byUID[p.UID] = &node.Fate{Pod: p, State: state, Why: p.Why}
}

func (f *fates) set(uid string, state node.FateState, why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.byUID[uid]; one != nil {
		one.State, one.Why = state, why
	}
}

// victim is the pod of that name, as it was noted.
func (f *fates) victim(namespace, name string) events.Victim {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := events.Victim{Namespace: namespace, Name: name}
	for uid, one := range f.byUID {
		if one.Pod.Namespace == namespace && one.Pod.Name == name && one.State != node.Evicted {
			v.UID = uid
		}
	}
	return v
}

func (f *fates) list() []node.Fate {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]node.Fate, 0, len(f.byUID))
	for _, one := range f.byUID {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b node.Fate) int { return strings.Compare(a.Pod.String(), b.Pod.String()) })
	return all
}

// evictor is the API as kubectl's drain uses it to evict pods and to see them gone.
type evictor struct {
	kubernetes.Interface
	cluster *Cluster
	grace   *time.Duration
	fates   *fates
}

func (e evictor) CoreV1() corev1.CoreV1Interface           { return steadyCore{e.cluster.core, e.fates} }
func (e evictor) PolicyV1() policyv1.PolicyV1Interface     { return evictorPolicy{evictor: e} }
func (e evictor) Discovery() discovery.DiscoveryInterfaces { return evictions{} }

// evictions says that pods can be evicted by policy/v1, as every supported API server has it.
type evictions struct{ discovery.DiscoveryInterfaces }

func (evictions) ServerResourcesForGroupVersion(string) (*metav1.APIResourceList, error) {
	return &metav1.APIResourceList{APIResources: []metav1.APIResource{{
		Name: drain.EvictionSubresource, Kind: drain.EvictionKind, Group: policy.GroupName, Version: "v1",
	}}}, nil
}

type evictorPolicy struct {
	policyv1.PolicyV1Interface
	evictor evictor
}

func (e evictorPolicy) Evictions(string) policyv1.EvictionInterface { return eviction{e.evictor} }

type eviction struct{ evictor }

// Evict evicts the pod that was noted under the name, and answers in the words that
// kubectl's drain tries again by.
func (e eviction) Evict(ctx context.Context, asked *policy.Eviction) error {
	v := e.fates.victim(asked.Namespace, asked.Name)
	err := e.cluster.Evict(ctx, v, e.grace)
	resource := core.Resource("pods")
	switch {
	case err == nil, errors.Is(err, pod.ErrTerminating):
		e.fates.set(v.UID, node.Leaving, "")
		return nil
	case isGone(err):
		e.fates.set(v.UID, node.Evicted, "")
		return apierrors.NewNotFound(resource, asked.Name)
	}
	e.fates.set(v.UID, node.Blocked, kube.OneLine(err.Error()))
	if chaos.IsUntouched(err) || errors.Is(err, chaos.ErrForbidden) || ctx.Err() != nil {
		return err
	}
	return apierrors.NewTooManyRequests(err.Error(), 0)
}
