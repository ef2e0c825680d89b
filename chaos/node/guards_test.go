package node

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// only lets the target's selector match one node.
func (f *fakeCluster) only(name string) {
	for i := range f.nodes {
		f.nodes[i].Selected = f.nodes[i].Name == name
	}
}

func (f *fakeCluster) alter(name string, change func(*Node)) { change(&f.nodes[f.index(name)]) }

// put puts a pod of an owner on worker-1.
func (f *fakeCluster) put(namespace string, owner pod.Ref, change func(*Pod)) {
	p := f.pod(owner, "worker-1")
	p.Namespace = namespace
	if change != nil {
		change(&p)
	}
	f.pods = append(f.pods, p)
}

func open(v events.Victim) []chaos.Order {
	return []chaos.Order{{Request: events.FaultInject{Fault: "other", Run: "r"}, Victims: []chaos.Victim{{Victim: v}}}}
}

// TestGuards has one row for each way in which a guard refuses, with the guards that do,
// and the nearest one in which it does not.
func TestGuards(t *testing.T) {
	all := kindNames()
	store := pod.Ref{Kind: "StatefulSet", Name: "store", UID: "set-store"}
	for _, tc := range []struct {
		name    string
		kinds   []string
		alter   func(*fakeCluster, *events.FaultInject, *Options)
		others  []chaos.Order
		refused []string
		seen    string
	}{
		{name: "nothing is wrong", kinds: all, alter: func(*fakeCluster, *events.FaultInject, *Options) {}},
		{
			name: "not Ready", kinds: all, refused: []string{GuardReady}, seen: "node worker-1 is not Ready: no disk",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.alter("worker-1", func(n *Node) { n.Ready, n.Trouble = false, "no disk" })
			},
		},
		{
			name: "cordoned by another fault", kinds: all, refused: []string{GuardReady}, seen: "cordoned by fault f0",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.alter("worker-1", func(n *Node) { n.Unschedulable, n.Mark = true, &Mark{Fault: "f0"} })
			},
		},
		{
			name: "cordoned by hand", kinds: all,
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.alter("worker-1", func(n *Node) { n.Unschedulable = true })
			},
		},
		{
			name: "our node by name", kinds: all, refused: []string{GuardOwnNode}, seen: "it is our node",
			alter: func(_ *fakeCluster, _ *events.FaultInject, o *Options) { o.Self.Node = "worker-1" },
		},
		{
			name: "our node by host name", kinds: all, refused: []string{GuardOwnNode}, seen: "our host name worker-1",
			alter: func(_ *fakeCluster, _ *events.FaultInject, o *Options) { o.Self.Hostname = "worker-1" },
		},
		{
			name: "our node by address", kinds: all, refused: []string{GuardOwnNode}, seen: "our address 10.0.0.1",
			alter: func(_ *fakeCluster, _ *events.FaultInject, o *Options) {
				o.Self.Addresses = []string{"10.9.9.9", "10.0.0.1"}
			},
		},
		{
			name: "our pod is elsewhere", kinds: all,
			alter: func(_ *fakeCluster, _ *events.FaultInject, o *Options) { o.Self.Namespace, o.Self.Pod = "ops", "us" },
		},
		{
			name: "our pod is not found", kinds: all, refused: []string{GuardOwnNode}, seen: "it is not known on which node",
			alter: func(_ *fakeCluster, _ *events.FaultInject, o *Options) { o.Self.Namespace, o.Self.Pod = "ops", "ghost" },
		},
		{
			name: "our pod is not found, and the operator says where", kinds: all,
			alter: func(_ *fakeCluster, _ *events.FaultInject, o *Options) {
				o.Self = Self{Namespace: "ops", Pod: "ghost", Node: "worker-3"}
			},
		},
		{
			name: "another node", kinds: all, refused: []string{GuardOneNode}, seen: "fault other of run r is open on node worker-3",
			alter: func(*fakeCluster, *events.FaultInject, *Options) {}, others: open(events.Victim{Kind: "node", Name: "worker-3", Node: "worker-3"}),
		},
		{
			name: "a pod elsewhere", kinds: all,
			alter: func(*fakeCluster, *events.FaultInject, *Options) {}, others: open(events.Victim{Kind: "pod", Name: "x", Namespace: "zoo", Node: "worker-1", UID: "x"}),
		},
		{
			name: "the last of a role", kinds: all, refused: []string{GuardHealthy}, seen: "0 other healthy nodes have the role control-plane, want 1",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.alter("worker-1", func(n *Node) { n.Labels = map[string]string{rolePrefix + "control-plane": ""} })
				f.alter("control", func(n *Node) { n.Ready = false })
			},
		},
		{
			name: "fewer than minHealthy", kinds: all, refused: []string{GuardHealthy}, seen: "2 other healthy nodes have the role worker, want 3",
			alter: func(_ *fakeCluster, r *events.FaultInject, _ *Options) { r.Params = []byte(`{"minHealthy": 3}`) },
		},
		{
			name: "fewer than minHealthyInZone", kinds: all, refused: []string{GuardHealthy}, seen: `0 other healthy nodes are in zone "a", want 1`,
			alter: func(_ *fakeCluster, r *events.FaultInject, _ *Options) { r.Params = []byte(`{"minHealthyInZone": 1}`) },
		},
		{
			name: "a zone with two", kinds: all,
			alter: func(f *fakeCluster, r *events.FaultInject, _ *Options) {
				f.alter("worker-2", func(n *Node) { n.Labels[zoneLabel] = "a" })
				r.Params = []byte(`{"minHealthyInZone": 1}`)
			},
		},
		{
			name: "more than its share", kinds: all, refused: []string{GuardShare}, seen: "3 of 4 nodes would not be healthy",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.alter("worker-2", func(n *Node) { n.Ready = false })
				f.alter("control", func(n *Node) { n.Unschedulable = true })
			},
		},
		{
			name: "as much as its share", kinds: all,
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.alter("control", func(n *Node) { n.Unschedulable = true })
			},
		},
		{
			name: "a namespace that lets nothing in", kinds: all, refused: []string{GuardNamespaces}, seen: "pods of namespace zoo along",
			alter: func(f *fakeCluster, r *events.FaultInject, _ *Options) { f.put("zoo", api(), nil) },
		},
		{
			name: "a namespace that lets nothing in, and an operator who does", kinds: all,
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.put("zoo", api(), nil)
				f.alter("worker-1", func(n *Node) { n.Granted = true })
			},
		},
		{
			name: "what a drain leaves is in such a namespace", kinds: []string{DrainName},
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) { f.put("zoo", agent(), nil) },
		},
		{
			name: "a namespace of another installation", kinds: all, refused: []string{GuardNamespaces}, seen: "belongs to installation theirs",
			alter: func(f *fakeCluster, _ *events.FaultInject, o *Options) {
				o.Installation = chaostest.Installation
				f.labels["zoo"] = map[string]string{events.LabelChaos: events.ChaosAllowed, events.LabelInstallation: "theirs"}
				f.put("zoo", api(), nil)
			},
		},
		{
			name: "another namespace of ours", kinds: all,
			alter: func(f *fakeCluster, _ *events.FaultInject, o *Options) {
				o.Installation = chaostest.Installation
				f.labels["zoo"] = map[string]string{events.LabelChaos: events.ChaosAllowed, events.LabelInstallation: chaostest.Installation}
				f.put("zoo", api(), nil)
			},
		},
		{
			name: "a protected namespace, whoever allows the node", kinds: all, refused: []string{GuardNamespaces}, seen: "namespace zoo along, which is protected",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.put("zoo", api(), nil)
				f.labels["zoo"] = map[string]string{events.LabelProtected: "true"}
				f.alter("worker-1", func(n *Node) { n.Granted = true })
			},
		},
		{
			name: "a namespace that is being deleted", kinds: all,
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.put("zoo", store, nil)
				f.labels["zoo"] = map[string]string{"terminating": ""}
			},
		},
		{
			name: "a namespace of Kubernetes", kinds: all,
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) { f.put("kube-system", agent(), nil) },
		},
		{
			name: "the last replica", kinds: all, refused: []string{GuardReplicas}, seen: "StatefulSet/store of namespace shop keeps 0",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) { f.put("shop", store, nil) },
		},
		{
			name: "the last replica, and an outage is allowed", kinds: all,
			alter: func(f *fakeCluster, r *events.FaultInject, _ *Options) {
				f.put("shop", store, nil)
				r.AllowOutage = true
			},
		},
		{
			name: "one that was not ready before", kinds: all,
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.put("shop", store, func(p *Pod) { p.Ready = false })
			},
		},
		{
			name: "an owner that is not known", kinds: all, refused: []string{GuardReplicas}, seen: "is not known: forbidden",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.put("shop", pod.Ref{}, func(p *Pod) { p.OwnerUnread = "forbidden" })
			},
		},
		{
			name: "nobody's pod", kinds: []string{KillName}, refused: []string{GuardReplicas}, seen: "has no owner that would replace it",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) { f.put("shop", pod.Ref{}, nil) },
		},
		{
			name: "a pod that may not be drained", kinds: []string{DrainName}, refused: []string{GuardDrainable}, seen: "it has an emptyDir",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) { f.refuses["api-1"] = "it has an emptyDir" },
		},
		{
			name: "a budget", kinds: []string{KillName}, refused: []string{GuardBudgets}, seen: "PodDisruptionBudget shop/api allows 1 more disruptions, and 2 are planned",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.budgets = []pod.Budget{{Name: "api", Allowed: 1, Fresh: true, Covers: []string{"uid-api-1", "uid-api-2", "uid-api-4"}}}
			},
		},
		{
			name: "a budget that another fault uses, too", kinds: []string{KillName}, refused: []string{GuardBudgets}, seen: "allows 2 more disruptions, and 3 are planned",
			others: open(events.Victim{Kind: "pod", Namespace: "shop", UID: "uid-api-4"}),
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.budgets = []pod.Budget{{Name: "api", Allowed: 2, Fresh: true, Covers: []string{"uid-api-1", "uid-api-2", "uid-api-4"}}}
			},
		},
		{
			name: "a budget that an outage uses, too", kinds: []string{KillName}, refused: []string{GuardBudgets}, seen: "allows 2 more disruptions, and 3 are planned",
			others: []chaos.Order{{Victims: []chaos.Victim{{Victim: events.Victim{Kind: "deployment", Namespace: "shop", UID: "d"}, Takes: []string{"shop/uid-api-4"}}}}},
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.budgets = []pod.Budget{{Name: "api", Allowed: 2, Fresh: true, Covers: []string{"uid-api-1", "uid-api-2", "uid-api-4"}}}
			},
		},
		{
			name: "a budget is left to the API server", kinds: []string{DrainName},
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.budgets = []pod.Budget{{Name: "api", Fresh: true, Covers: []string{"uid-api-1"}}}
			},
		},
		{
			name: "a budget that was just changed", kinds: []string{KillName}, refused: []string{GuardBudgets}, seen: "was changed",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.budgets = []pod.Budget{{Name: "api", Allowed: 9, Covers: []string{"uid-api-1"}}}
			},
		},
		{
			name: "no switch", kinds: []string{KillName}, refused: []string{GuardPower}, seen: "driver existing of cluster demo has no power switch",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) {
				f.driver.Driver, f.driver.Switch = "existing", false
			},
		},
		{
			name: "no provisioner", kinds: []string{KillName}, refused: []string{GuardPower}, seen: "nobody answers",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) { f.unanswered = errors.New("nobody answers") },
		},
		{
			name: "off already", kinds: []string{KillName}, refused: []string{GuardPower}, seen: "is off already",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) { f.machines["worker-1"] = false },
		},
		{
			name: "no machine of that name", kinds: []string{KillName}, refused: []string{GuardPower}, seen: "knows no machine of node worker-1",
			alter: func(f *fakeCluster, _ *events.FaultInject, _ *Options) { delete(f.machines, "worker-1") },
		},
	} {
		for _, name := range tc.kinds {
			t.Run(name+"/"+tc.name, func(t *testing.T) {
				f, req, o := newFake(), request(name), Options{}
				f.only("worker-1")
				tc.alter(f, &req, &o)
				survey, err := f.kindWith(name, o).Survey(t.Context(), req, 7)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := survey.Victims(); err != nil {
					t.Fatal(err)
				}
				var refused, seen []string
				for _, d := range survey.Decide(tc.others) {
					if d.Seen == "" || !d.Allowed && d.Advice == "" {
						t.Errorf("decision %+v", d)
					}
					if !d.Allowed {
						refused, seen = append(refused, d.Guard), append(seen, d.Seen)
					}
				}
				if d := cmp.Diff(tc.refused, refused); d != "" || !strings.Contains(strings.Join(seen, "; "), tc.seen) {
					t.Errorf("refused by %v: %v, want %q", refused, seen, tc.seen)
				}
			})
		}
	}
}

// TestConsent: a node is the engine's to ask about, and without a label it says no.
func TestConsent(t *testing.T) {
	f := newFake()
	f.only("worker-1")
	for _, granted := range []bool{false, true} {
		f.alter("worker-1", func(n *Node) { n.Granted = granted })
		survey, err := f.kindWith(DrainName, Options{Allowed: "pool=chaos"}).Survey(t.Context(), request(DrainName), 7)
		if err != nil {
			t.Fatal(err)
		}
		want := chaos.Scope{
			Kind: "node", Name: "worker-1", Labels: f.nodes[1].Labels, Shared: true,
			Allow: "kubectl label node worker-1 shakedown.dev/chaos=allowed, or start the server with --allow-nodes SELECTOR",
		}
		if granted {
			want.Granted = "the operator lets faults into nodes with pool=chaos"
		}
		home := chaos.Scope{
			Kind: "namespace", Name: "shop", Labels: f.labels["shop"],
			Allow: "set chaos: {allow: true} in the environment, or: kubectl label namespace shop shakedown.dev/chaos=allowed",
		}
		if d := cmp.Diff([]chaos.Scope{home, want}, survey.Scopes()); d != "" {
			t.Error(d)
		}
	}
}

// TestLocks: a node may not be hit together with what has pods on it.
func TestLocks(t *testing.T) {
	f := newFake()
	f.only("worker-1")
	for name, want := range map[string][]string{
		DrainName: {"node/uid-worker-1", "shop/deployment-api", "shop/uid-api-1", "shop/uid-api-2"},
		KillName:  {"node/uid-worker-1", "shop/daemonset-agent", "shop/deployment-api", "shop/uid-agent-3", "shop/uid-api-1", "shop/uid-api-2"},
	} {
		survey, err := f.kind(name).Survey(t.Context(), request(name), 7)
		if err != nil {
			t.Fatal(err)
		}
		victims, err := survey.Victims()
		if err != nil || len(victims) != 1 || !slices.Equal(victims[0].Locks, want) {
			t.Errorf("%s: victims %+v, %v", name, victims, err)
		}
	}
}
