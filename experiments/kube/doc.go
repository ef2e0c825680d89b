// Package kube counts ready pods for probes, from the Kubernetes API, and reads the
// workloads of a namespace that a run breaks.
//
// A pod counts when its Ready condition is true and it is not being deleted. How many
// are wanted is read from the workloads of the component at the same time. An error of
// the API, or a component that nothing matches, is a problem and never a number.
//
// # Permissions
//
// Probes need the first three, runs that name a namespace all but the first:
//
//	""    pods          list
//	apps  deployments   list
//	apps  statefulsets  list
//	apps  daemonsets    list
//	""    namespaces    get
//
// Without one of them a run that names a namespace is not begun.
package kube
