package pod

import "github.com/shakedown-dev/shakedown/chaos"

// Cluster is what the faults need of a Kubernetes API: one line each. It is safe
// for concurrent use.
type Cluster interface {
	Reader
	Killer
	Evicter
}

// Kinds is the table of the faults that hit pods: one line each. Without a cluster
// they can be described and can check requests, no more.
func Kinds(c Cluster) []chaos.Kind {
	return []chaos.Kind{
		newKill(c),
		newEvict(c),
	}
}
