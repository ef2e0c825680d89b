package events

import (
	"cmp"
	"slices"
	"strings"
)

// FaultWrite is one call by which a fault, or its end, changes something.
type FaultWrite struct {
	Verb      string `json:"verb"`
	Group     string `json:"group,omitempty"`
	Resource  string `json:"resource"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Service is who is asked when that is not the API server, whose rights do not matter then.
	Service string `json:"service,omitempty"`
	// Text is the call in words.
	Text string `json:"text"`
	// Revert says that it is sent when the fault ends.
	Revert bool `json:"revert,omitempty"`
}

// FaultPlan is what a fault would do now: nothing was changed to find out. With its seed
// the same fault takes the same victims, as long as what it is drawn from stays the same.
type FaultPlan struct {
	Kind      string          `json:"kind"`
	Seed      uint64          `json:"seed"`
	Victims   []Victim        `json:"victims"`
	Writes    []FaultWrite    `json:"writes"`
	Undo      []string        `json:"undo"`
	Decisions []GuardDecision `json:"decisions"`
	// Problem is why there would be no fault, guards aside.
	Problem string `json:"problem,omitempty"`
}

// Refused says whether a guard would refuse the fault.
func (p FaultPlan) Refused() bool {
	return slices.ContainsFunc(p.Decisions, func(d GuardDecision) bool { return !d.Allowed })
}

// Permission is what a server must be allowed to do with a resource of Kubernetes.
type Permission struct {
	Group string `json:"group,omitempty"`
	// Resource has its subresource behind a slash.
	Resource string   `json:"resource"`
	Verbs    []string `json:"verbs"`
	// Cluster says that it is needed in the whole cluster, and not in a namespace.
	Cluster bool `json:"cluster,omitempty"`
}

// MergePermissions are the permissions with one for each resource, in order.
func MergePermissions(all []Permission) []Permission {
	type key struct {
		cluster         bool
		group, resource string
	}
	verbs := map[key][]string{}
	for _, p := range all {
		k := key{p.Cluster, p.Group, p.Resource}
		verbs[k] = append(verbs[k], p.Verbs...)
	}
	merged := make([]Permission, 0, len(verbs))
	for k, v := range verbs {
		slices.Sort(v)
		merged = append(merged, Permission{Cluster: k.cluster, Group: k.group, Resource: k.resource, Verbs: slices.Compact(v)})
	}
	slices.SortFunc(merged, func(a, b Permission) int {
		return cmp.Or(strings.Compare(a.Group, b.Group), strings.Compare(a.Resource, b.Resource), boolCompare(a.Cluster, b.Cluster))
	})
	return merged
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
