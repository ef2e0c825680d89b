// Package kube lets the faults of chaos/pod see and hit the pods of a Kubernetes
// cluster.
//
// It keeps nothing in memory between faults: a survey is a handful of lists of
// one namespace, and a watch of that namespace is open only while a fault is.
//
// # Permissions
//
// The server needs, and nothing more:
//
//	""      namespaces            get
//	""      pods                  get, list, watch, delete
//	""      pods/eviction         create (pod-evict only)
//	apps    replicasets           get, list
//	apps    deployments           list
//	apps    statefulsets          list
//	apps    daemonsets            list
//	policy  poddisruptionbudgets  list
//
// All but the first can be given by a Role in each namespace that faults are let
// into. Without the permission to list owners or budgets, or to get the
// namespace, the guards that need them refuse; without the others the fault
// fails.
package kube
