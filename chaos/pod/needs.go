package pod

import (
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// needs are what a fault must be allowed: to survey and watch a namespace, and its own.
func needs(own ...events.Permission) []events.Permission {
	all := []events.Permission{
		{Resource: "namespaces", Verbs: []string{"get"}},
		{Resource: "pods", Verbs: []string{"list", "watch"}},
		{Group: "apps", Resource: "daemonsets", Verbs: []string{"list"}},
		{Group: "apps", Resource: "deployments", Verbs: []string{"list"}},
		{Group: "apps", Resource: "replicasets", Verbs: []string{"get", "list"}},
		{Group: "apps", Resource: "statefulsets", Verbs: []string{"list"}},
		{Group: "policy", Resource: "poddisruptionbudgets", Verbs: []string{"list"}},
	}
	return events.MergePermissions(append(all, own...))
}

// changeOwners are the permissions to change owners of these kinds, beside listing them.
func changeOwners(verbs []string, kinds ...string) []events.Permission {
	all := make([]events.Permission, 0, len(kinds))
	for _, k := range kinds {
		all = append(all, events.Permission{Group: "apps", Resource: resourceOf(k), Verbs: slices.Clone(verbs)})
	}
	return all
}

// resourceOf is the resource of a kind of owners.
func resourceOf(kind string) string { return strings.ToLower(kind) + "s" }
