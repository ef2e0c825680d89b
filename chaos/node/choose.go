package node

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// Choose draws the victims of a target: nodes that the selector matches and that run at
// least one of the selected pods of the namespace, for a fault of a node that runs nothing
// of a run proves nothing about it. It draws without replacement and is a pure function:
// the same nodes in any order and the same seed give the same victims in the same order.
// A target that cannot be met in full is an error. Errors: chaos.ErrNoTarget.
func Choose(nodes []Node, home pod.Survey, t events.FaultTarget, seed uint64) ([]Node, error) {
	hosts, want := hostsOf(home), max(t.Count, 1)
	var candidates []Node
	selected := 0
	for _, n := range nodes {
		if n.Selected {
			selected++
			if hosts[n.Name] > 0 {
				candidates = append(candidates, n)
			}
		}
	}
	if len(candidates) < want {
		return nil, fmt.Errorf("%w: %s wanted; of %d nodes %d match %q, and %d of these run a pod of namespace %s that counts",
			chaos.ErrNoTarget, plural(want), len(nodes), selected, t.Labels, len(candidates), home.Namespace.Name)
	}
	slices.SortFunc(candidates, func(a, b Node) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.UID, b.UID)) })
	random := rand.New(rand.NewPCG(seed, drawing))
	random.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
	return candidates[:want], nil
}

// drawing is the second half of the generator's seed. Changing it changes the victims of
// every recorded seed.
const drawing = 0x0de5_2026

// hostsOf counts the pods that make a node worth breaking, by node. Those of DaemonSets
// are on every node, and say nothing about one.
func hostsOf(home pod.Survey) map[string]int {
	hosts := make(map[string]int)
	for _, p := range home.Pods {
		if p.Selected && p.Running && !p.Terminating && p.Node != "" && p.Owner.Kind != daemonSet && p.Owner.Kind != staticOwner {
			hosts[p.Node]++
		}
	}
	return hosts
}

// The kinds of owners whose pods belong to a node.
const (
	daemonSet   = "DaemonSet"
	staticOwner = "Node"
)

func plural(n int) string {
	if n == 1 {
		return "1 node is"
	}
	return fmt.Sprintf("%d nodes are", n)
}
