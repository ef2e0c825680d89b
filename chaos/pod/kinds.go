package pod

import "github.com/shakedown-dev/shakedown/chaos"

// Cluster is what the faults need of a Kubernetes API: one line each. It is safe
// for concurrent use.
type Cluster interface {
	Reader
	Killer
	Evicter
	Striker
	Scaler
	Restarter
	Counter
}

// ground is a cluster with what bounds the faults there.
type ground struct {
	Cluster
	limits Limits
}

// Kinds is the table of the faults that hit pods: one line each. Without a cluster
// they can be described and can check requests, no more.
func Kinds(c Cluster) []chaos.Kind { return KindsWithin(c, Limits{}) }

// KindsWithin are the kinds with other bounds than the usual ones.
func KindsWithin(c Cluster, l Limits) []chaos.Kind {
	g := ground{c, l.withDefaults()}
	return []chaos.Kind{
		newKill(g),
		newEvict(g),
		newContainerKill(g),
		newOutage(g),
		newRestart(g),
	}
}
