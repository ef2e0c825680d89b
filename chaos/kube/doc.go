// Package kube lets the faults of chaos/pod and chaos/node see and hit the pods and the
// nodes of a Kubernetes cluster.
//
// It keeps nothing in memory between faults: a survey is a handful of lists of
// one namespace, and a watch of that namespace is open only while a fault is.
//
// What a drain takes and what it leaves, and how long it goes on, is decided by kubectl's
// drain. It cordons and evicts by names; here both are done for a UID at a version, and
// a cordon carries the mark of its fault.
//
// # Permissions
//
// What the server needs is said by each kind (events.FaultKind.Needs), and
// "shakedown chaos rbac" makes a Role of it; a test compares that with the calls made
// here. All of it can be given in each namespace that faults are let into: to get a
// namespace is a permission within it. Without the permission to list owners, budgets or
// autoscalers, or to get the namespace, the guards that need them refuse; without the
// others the fault fails.
//
// One call goes beyond the namespace: when a fault would hit more of its namespace than it
// may hit of the cluster, the pods of the cluster are counted ("", pods, list). Who may not
// do that is refused by the guard cluster-share.
//
// The faults of chaos/node need all of theirs in the whole cluster: nodes have no namespace,
// and their pods are in any.
package kube
