package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// fakeCluster is a cluster in memory: three workers in three zones, a control plane, and
// the namespace "shop" with two pods of "api" and one of the DaemonSet "agent" on each
// worker. Controllers put what is lost on the next worker.
type fakeCluster struct {
	mu      sync.Mutex
	nodes   []Node
	pods    []Pod
	log     chaostest.Log[change]
	labels  map[string]map[string]string
	budgets []pod.Budget
	made    int
	// hits are the nodes that were hit, by UID; machines are those that are on.
	hits     map[string]int
	machines map[string]bool
	driver   events.Cluster
	// refuses are pods by name that a drain may not take; blocked are those that a budget
	// keeps; unready keeps replacements from being ready; sterile makes none.
	refuses, blocked map[string]string
	unready, sterile bool
	// quiet keeps the API server from noticing that a machine is off.
	quiet             bool
	cordonError       error
	powerError        error
	unanswered        error
	powerAnyway       bool
	uncordons, shines int
	before            func()
	// killed is called when a machine has been switched off.
	killed func()
}

func newFake() *fakeCluster {
	f := &fakeCluster{
		hits: make(map[string]int), machines: make(map[string]bool),
		refuses: make(map[string]string), blocked: make(map[string]string),
		labels: map[string]map[string]string{"shop": {
			events.LabelChaos: events.ChaosAllowed, events.LabelManagedBy: events.Manager, events.LabelEnvironment: "shop",
			events.LabelInstallation: chaostest.Installation,
		}, "kube-system": {}},
		driver: events.Cluster{Name: "demo", Driver: "sandbox", Switch: true},
	}
	f.nodes = append(f.nodes, Node{Name: "control", UID: "uid-control", Ready: true, Labels: map[string]string{rolePrefix + "control-plane": ""}})
	for i := range 3 {
		name := fmt.Sprintf("worker-%d", i+1)
		f.nodes = append(f.nodes, Node{
			Name: name, UID: "uid-" + name, Ready: true, Selected: true, Addresses: []string{fmt.Sprintf("10.0.0.%d", i+1)},
			Labels: map[string]string{events.LabelChaos: events.ChaosAllowed, zoneLabel: string(rune('a' + i))},
		})
		f.machines[name] = true
		for _, owner := range []pod.Ref{api(), api(), agent()} {
			f.pods = append(f.pods, f.pod(owner, name))
		}
	}
	return f
}

func api() pod.Ref   { return pod.Ref{Kind: "Deployment", Name: "api", UID: "deployment-api"} }
func agent() pod.Ref { return pod.Ref{Kind: "DaemonSet", Name: "agent", UID: "daemonset-agent"} }

func (f *fakeCluster) pod(owner pod.Ref, node string) Pod {
	f.made++
	name := fmt.Sprintf("%s-%d", owner.Name, f.made)
	p := Pod{
		Pod: pod.Pod{
			Namespace: "shop", Name: name, UID: "uid-" + name, Owner: owner, Node: node, Life: "first",
			Running: true, Scheduled: true, Started: true, Ready: true,
		},
		Daemon: owner.Kind == daemonSet, Action: Evict,
	}
	if p.Daemon {
		p.Action, p.Why = Skip, "ignoring DaemonSet-managed Pods"
	}
	return p
}

func (f *fakeCluster) Nodes(_ context.Context, _, _ string) ([]Node, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.nodes), f.log.Revision(), nil
}

func (f *fakeCluster) Node(_ context.Context, name string) (Node, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.index(name); i >= 0 {
		return f.nodes[i], nil
	}
	return Node{}, chaos.ErrGone
}

func (f *fakeCluster) index(name string) int {
	return slices.IndexFunc(f.nodes, func(n Node) bool { return n.Name == name })
}

func (f *fakeCluster) PodsOn(_ context.Context, node string, _ Rules) ([]Pod, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.on(node), nil
}

func (f *fakeCluster) on(node string) []Pod {
	var pods []Pod
	for _, p := range f.pods {
		if p.Node == node {
			if why := f.refuses[p.Name]; why != "" {
				p.Action, p.Why = Refuse, why
			}
			pods = append(pods, p)
		}
	}
	return pods
}

func (f *fakeCluster) NodeOf(_ context.Context, _, name string) (string, error) {
	if name == "us" {
		return "worker-9", nil
	}
	return "", chaos.ErrGone
}

func (f *fakeCluster) Survey(_ context.Context, namespace, _ string) (pod.Survey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := pod.Survey{
		Namespace: pod.Namespace{Name: namespace, Labels: maps.Clone(f.labels[namespace])}, Revision: f.log.Revision(),
		Owners:  map[string]pod.Owner{api().UID: {Ref: api(), Known: true, Desired: 6}},
		Budgets: slices.Clone(f.budgets), At: time.Now(),
	}
	_, s.Namespace.Terminating = f.labels[namespace]["terminating"]
	for _, p := range f.pods {
		if p.Namespace == namespace {
			p.Selected = true
			s.Pods = append(s.Pods, p.Pod)
		}
	}
	return s, nil
}

func (f *fakeCluster) Cordon(ctx context.Context, v events.Victim, fault string) error {
	if f.before != nil {
		f.before()
	}
	if err := events.CheckFence(ctx); err != nil {
		return chaos.Untouched(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.index(v.Name)
	switch {
	case f.cordonError != nil:
		return f.cordonError
	case i < 0 || f.nodes[i].UID != v.ID:
		return chaos.ErrGone
	case f.nodes[i].Mark != nil && f.nodes[i].Mark.Fault != fault:
		return ErrMarked
	case f.nodes[i].Mark != nil:
		return nil
	}
	f.hits[v.ID]++
	f.nodes[i].Mark = &Mark{Fault: fault, Unschedulable: f.nodes[i].Unschedulable}
	f.nodes[i].Unschedulable = true
	f.show(change{node: f.nodes[i]})
	return nil
}

func (f *fakeCluster) Uncordon(ctx context.Context, v events.Victim, fault string) error {
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.index(v.Name)
	if i < 0 || f.nodes[i].UID != v.ID || f.nodes[i].Mark == nil || f.nodes[i].Mark.Fault != fault {
		return nil
	}
	f.uncordons++
	f.nodes[i].Unschedulable = f.nodes[i].Unschedulable && f.nodes[i].Mark.Unschedulable
	f.nodes[i].Mark = nil
	f.show(change{node: f.nodes[i]})
	return nil
}

func (f *fakeCluster) Drain(ctx context.Context, v events.Victim, r Rules, _ *time.Duration) ([]Fate, error) {
	f.mu.Lock()
	var fates []Fate
	stuck := false
	for _, p := range f.on(v.Name) {
		if why := r.Leaves(p); why != "" && p.Action != Skip {
			p.Action, p.Why = Skip, why
		}
		switch why := f.blocked[p.Name]; {
		case p.Action != Evict:
			fates = append(fates, Fate{Pod: p, State: Skipped, Why: p.Why})
		case why != "":
			stuck = true
			fates = append(fates, Fate{Pod: p, State: Blocked, Why: why})
		default:
			f.lose(p)
			fates = append(fates, Fate{Pod: p, State: Evicted})
		}
	}
	f.mu.Unlock()
	if stuck {
		<-ctx.Done()
		return fates, ctx.Err()
	}
	return fates, nil
}

// lose removes a pod and lets its owner make another one elsewhere.
func (f *fakeCluster) lose(p Pod) {
	f.pods = slices.DeleteFunc(f.pods, func(o Pod) bool { return o.UID == p.UID })
	f.show(change{pod: p.Pod, gone: true})
	if f.sterile || p.Owner.UID == "" {
		return
	}
	i := slices.IndexFunc(f.nodes, func(n Node) bool { return n.Name != "control" && n.healthy() && n.Name != p.Node })
	if i < 0 {
		return
	}
	next := f.pod(p.Owner, f.nodes[i].Name)
	next.Ready = !f.unready
	f.pods = append(f.pods, next)
	f.show(change{pod: next.Pod})
}

func (f *fakeCluster) show(c change) {
	c.when.at = time.Now()
	f.log.Add(c)
}

func (f *fakeCluster) Watch(ctx context.Context, since pod.Survey, opened func(), show func(pod.Change)) error {
	return f.log.Watch(ctx, since.Revision, opened, func(c change) {
		if c.pod.UID != "" && c.pod.Namespace == since.Namespace.Name {
			show(pod.Change{Pod: c.pod, Gone: c.gone, At: c.when.at})
		}
	})
}

func (f *fakeCluster) WatchNodes(ctx context.Context, revision string, opened func(), show func(Change)) error {
	return f.log.Watch(ctx, revision, opened, func(c change) {
		if c.pod.UID == "" {
			show(Change{Node: c.node, Gone: c.gone, At: c.when.at})
		}
	})
}

// replace registers another node of the victim's name.
func (f *fakeCluster) replace(v events.Victim) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nodes[f.index(v.Name)].UID = "another-" + v.ID
}

func (f *fakeCluster) hit() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.hits)
}

// mended says what of the faults is left.
func (f *fakeCluster) mended() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, n := range f.nodes {
		if n.Mark != nil || n.Unschedulable {
			errs = append(errs, fmt.Errorf("node %s is cordoned, mark %v", n.Name, n.Mark))
		}
	}
	for name, on := range f.machines {
		if !on {
			errs = append(errs, fmt.Errorf("node %s is off", name))
		}
	}
	for uid, n := range f.hits {
		if n > 1 {
			errs = append(errs, fmt.Errorf("node %s was hit %d times", uid, n))
		}
	}
	if len(f.hits) > 1 {
		errs = append(errs, fmt.Errorf("%d nodes were hit", len(f.hits)))
	}
	return errors.Join(errs...)
}

// request asks for one worker.
func request(kind string) events.FaultInject {
	return events.FaultInject{
		Fault: "f1", Run: "run-f1", Kind: kind, Environment: "shop", Namespace: "shop", Duration: events.Duration(50 * time.Millisecond),
		Target: events.FaultTarget{Labels: "pool=workers"}, Seed: 42, Budget: events.Duration(20 * time.Second),
	}
}

func kindNames() []string { return []string{DrainName, KillName} }

func (f *fakeCluster) kind(name string) chaos.Kind { return f.kindWith(name, Options{}) }

func (f *fakeCluster) kindWith(name string, o Options) chaos.Kind {
	for _, k := range Kinds(f, f, o) {
		if k.Describe().Name == name {
			return k
		}
	}
	panic("there is no kind " + name)
}
