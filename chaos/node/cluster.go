package node

import (
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// ErrMarked says that a drain of another fault has cordoned the node.
var ErrMarked = errors.New("another fault has cordoned it")

// Cluster is what the faults need of a Kubernetes API. It is safe for concurrent use.
type Cluster interface {
	pod.Reader
	Reader
	Drainer
}

// Reader sees nodes and what runs on them.
type Reader interface {
	// Nodes reads all nodes, and marks those that the two selectors match; granted may be
	// "", which matches none. The revision is where a watch misses nothing. Errors:
	// pod.ErrSelector, chaos.ErrForbidden.
	Nodes(ctx context.Context, selector, granted string) (nodes []Node, revision string, err error)
	// Node reads one. Errors: chaos.ErrGone, chaos.ErrForbidden.
	Node(ctx context.Context, name string) (Node, error)
	// PodsOn reads the pods of a node, without their owners, and what a drain with these
	// rules does with each. Errors: chaos.ErrForbidden.
	PodsOn(ctx context.Context, node string, r Rules) ([]Pod, error)
	// NodeOf is the name of the node that a pod is on. Errors: chaos.ErrGone.
	NodeOf(ctx context.Context, namespace, pod string) (string, error)
	// WatchNodes shows every change of a node since the revision, as pod.Reader's Watch
	// does for pods.
	WatchNodes(ctx context.Context, revision string, opened func(), show func(Change)) error
}

// Drainer empties nodes.
type Drainer interface {
	// Cordon makes exactly that node unschedulable and marks it for the fault, in one
	// change. A node that is marked for it already is left as it is. Errors: chaos.ErrGone,
	// ErrMarked, chaos.ErrForbidden when nothing was changed; else that is not known.
	Cordon(ctx context.Context, v events.Victim, fault string) error
	// Uncordon takes the mark of the fault from the node, and the cordon unless the node
	// had one before or has none now. Any other node it leaves alone.
	Uncordon(ctx context.Context, v events.Victim, fault string) error
	// Drain evicts what the rules say from the node, again and again, until nothing of it
	// is left or ctx ends. It returns what became of each pod, also with an error.
	Drain(ctx context.Context, v events.Victim, r Rules, grace *time.Duration) ([]Fate, error)
}

// Fate is what became of a pod of a node that is drained.
type Fate struct {
	Pod   Pod
	State FateState
	// Why says what keeps it.
	Why string
}

// FateState is how far a pod is out.
type FateState string

// The states of a pod in a drain, in the order in which they are listed.
const (
	// Evicted: it is gone.
	Evicted FateState = "evicted"
	// Leaving: its eviction was accepted, and it is still there.
	Leaving FateState = "still ending"
	// Blocked: it was not evicted.
	Blocked FateState = "blocked"
	// Skipped: it stays, as the rules have it.
	Skipped FateState = "skipped"
)

// Change is a node as a watch showed it, in the words of pod.Change.
type Change struct {
	Node      Node
	Gone      bool
	At, Since time.Time
}

// Power has the switches of the nodes' machines.
type Power interface {
	// Cluster finds out which cluster this is and whether its nodes have switches. Errors:
	// for people.
	Cluster(ctx context.Context) (events.Cluster, error)
	// Powered says whether the node's machine is on. Errors: chaos.ErrGone when there is no
	// such machine.
	Powered(ctx context.Context, cluster, node string) (bool, error)
	// Off switches it off. Changed is false when it was off already. Errors: chaos.ErrGone,
	// chaos.ErrForbidden when nothing was switched; else that is not known.
	Off(ctx context.Context, cluster, node, reason string) (changed bool, err error)
	// On switches it on; one that is on is left as it is. Errors: chaos.ErrGone.
	On(ctx context.Context, cluster, node, reason string) error
}

// answer marks the errors by which a cluster says that a node was not touched.
func answer(err error) error {
	for _, final := range []error{chaos.ErrGone, chaos.ErrForbidden, ErrMarked} {
		if errors.Is(err, final) {
			return chaos.Untouched(err)
		}
	}
	return err
}
