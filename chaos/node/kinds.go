package node

import "github.com/shakedown-dev/shakedown/chaos"

// Options are what the server knows of itself and of the cluster.
type Options struct {
	// Allowed is a selector of nodes that the operator lets faults into; "" for none.
	Allowed string
	// Installation is ours: an environment of another one does not let our faults in.
	Installation string
	// Self is where this process runs.
	Self Self
}

// Self is where this process runs, as far as it knows.
type Self struct {
	// Node is the name of its node, given by the operator.
	Node string
	// Namespace and Pod are its own in this cluster; without Node they are looked up.
	Namespace, Pod string
	// Hostname and Addresses are those of its machine.
	Hostname  string
	Addresses []string
}

// Kinds is the table of the faults that hit nodes: one line each. Without a cluster they
// can be described and can check requests, no more.
func Kinds(c Cluster, p Power, o Options) []chaos.Kind {
	return []chaos.Kind{
		newDrain(c, o),
		newKill(c, p, o),
	}
}
