package node

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
)

// kept is what a fault finds again in the ledger.
type kept struct {
	// Cluster is what the provisioner calls the cluster.
	Cluster string `json:"cluster,omitempty"`
	// Namespaces are those that have pods on the victims.
	Namespaces []string `json:"namespaces"`
	// Nodes are the victims as they were, by UID.
	Nodes map[string]keptNode `json:"nodes"`
	// Owners are those of the lost pods.
	Owners []keptOwner `json:"owners,omitempty"`
}

// keptNode is a victim before the fault.
type keptNode struct {
	Unschedulable bool      `json:"unschedulable,omitempty"`
	Lost          []keptPod `json:"lost,omitempty"`
}

// keptPod is a pod that the fault takes away. Life tells the run of its containers from
// a later one.
type keptPod struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
	Owner     string `json:"owner,omitempty"`
	Life      string `json:"life,omitempty"`
}

// keptOwner is who has lost pods, and how many of his pods were ready.
type keptOwner struct {
	pod.Ref
	Namespace string `json:"namespace"`
	Ready     int    `json:"ready"`
}

func (o keptOwner) String() string { return o.Ref.String() + " of namespace " + o.Namespace }

// keep notes how things are before the fault.
func keep(victims []victim, namespaces map[string]pod.Survey, cluster string) kept {
	k := kept{Cluster: cluster, Namespaces: slices.Sorted(maps.Keys(namespaces)), Nodes: make(map[string]keptNode)}
	owners := make(map[string]keptOwner)
	for _, v := range victims {
		n := keptNode{Unschedulable: v.Unschedulable}
		for _, p := range v.lost {
			n.Lost = append(n.Lost, keptPod{Namespace: p.Namespace, Name: p.Name, UID: p.UID, Owner: p.Owner.UID, Life: p.Life})
			if p.Owner.UID != "" {
				owners[p.Owner.UID] = keptOwner{p.Owner, p.Namespace, readyOf(namespaces[p.Namespace], p.Owner.UID)}
			}
		}
		k.Nodes[v.UID] = n
	}
	for _, uid := range slices.Sorted(maps.Keys(owners)) {
		k.Owners = append(k.Owners, owners[uid])
	}
	return k
}

// readyOf counts the ready pods of an owner, as far as they are wanted.
func readyOf(s pod.Survey, owner string) int {
	n := 0
	for _, p := range s.Pods {
		if p.Owner.UID == owner && p.Ready && !p.Terminating {
			n++
		}
	}
	if o := s.Owners[owner]; o.Known {
		n = min(n, o.Desired)
	}
	return n
}

// letIn are the namespaces that were asked whether they let the fault in: that of the run,
// and those of the pods that it takes.
func (k kept) letIn(home string) []string {
	names := map[string]bool{home: true}
	for _, n := range k.Nodes {
		for _, p := range n.Lost {
			names[p.Namespace] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// keptOf reads what was kept. Errors: chaos.ErrGone.
func keptOf(o chaos.Order) (kept, error) {
	var k kept
	if err := json.Unmarshal(o.Kept, &k); err != nil || k.Nodes == nil {
		return k, fmt.Errorf("how the nodes were before the fault: %w", chaos.ErrGone)
	}
	return k, nil
}

// encode writes plain data, which always encodes.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}
