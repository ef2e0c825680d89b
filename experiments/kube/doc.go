// Package kube counts ready pods for probes, from the Kubernetes API.
//
// A pod counts when its Ready condition is true and it is not being deleted. How many
// are wanted is read from the workloads of the component at the same time. An error of
// the API, or a component that nothing matches, is a problem and never a number.
package kube
