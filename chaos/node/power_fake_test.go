package node

import (
	"context"
	"maps"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// The fake cluster as whoever has its switches sees it.

func (f *fakeCluster) Cluster(context.Context) (events.Cluster, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.driver
	for _, name := range slices.Sorted(maps.Keys(f.machines)) {
		c.Nodes = append(c.Nodes, events.ClusterNode{Name: name, Powered: f.machines[name]})
	}
	return c, f.unanswered
}

func (f *fakeCluster) Powered(_ context.Context, _, node string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.machines[node], nil
}

func (f *fakeCluster) Off(ctx context.Context, _, node, _ string) (bool, error) {
	if f.before != nil {
		f.before()
	}
	if err := events.CheckFence(ctx); err != nil {
		return false, chaos.Untouched(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.powerError != nil && !f.powerAnyway {
		return false, f.powerError
	}
	if !f.machines[node] {
		return false, nil
	}
	f.machines[node] = false
	i := f.index(node)
	f.hits[f.nodes[i].UID]++
	if f.quiet {
		return true, f.powerError
	}
	f.nodes[i].Ready, f.nodes[i].Trouble = false, "kubelet stopped posting node status"
	f.show(change{node: f.nodes[i]})
	for j, p := range f.pods {
		if p.Node == node {
			f.pods[j].Ready = false
			f.show(change{pod: f.pods[j].Pod})
		}
	}
	if f.killed != nil {
		f.killed()
	}
	return true, f.powerError
}

func (f *fakeCluster) On(ctx context.Context, _, node, _ string) error {
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shines++
	if f.machines[node] {
		return nil
	}
	f.machines[node] = true
	i := f.index(node)
	f.nodes[i].Ready, f.nodes[i].Trouble = true, ""
	f.show(change{node: f.nodes[i]})
	for j, p := range f.pods {
		if p.Node == node && !f.sterile {
			f.pods[j].Ready, f.pods[j].Life = true, "second"
			f.show(change{pod: f.pods[j].Pod})
		}
	}
	return nil
}
