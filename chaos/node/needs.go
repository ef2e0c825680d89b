package node

import "github.com/shakedown-dev/shakedown/events"

// needs are the permissions of every fault of nodes, and those of one. All are for the
// whole cluster: nodes have no namespace, and their pods are in any.
func needs(own ...events.Permission) []events.Permission {
	list := []string{"list"}
	all := append([]events.Permission{
		{Resource: "nodes", Verbs: []string{"get", "list", "watch"}},
		{Resource: "namespaces", Verbs: []string{"get"}},
		{Resource: "pods", Verbs: []string{"get", "list", "watch"}},
		{Group: "apps", Resource: "daemonsets", Verbs: []string{"get", "list"}},
		{Group: "apps", Resource: "deployments", Verbs: list},
		{Group: "apps", Resource: "replicasets", Verbs: []string{"get", "list"}},
		{Group: "apps", Resource: "statefulsets", Verbs: list},
		{Group: "policy", Resource: "poddisruptionbudgets", Verbs: list},
	}, own...)
	for i := range all {
		all[i].Cluster = true
	}
	return events.MergePermissions(all)
}

// drainNeeds are those of a drain.
func drainNeeds() []events.Permission {
	return needs(events.Permission{Resource: "nodes", Verbs: []string{"patch"}}, events.Permission{Resource: "pods/eviction", Verbs: []string{"create"}})
}
