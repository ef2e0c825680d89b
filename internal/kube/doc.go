// Package kube is the one place where client-go is set up: where a cluster's
// address and credentials are read from, how its objects are listed and watched
// without missing a change, which error means what, and how a Secret is read.
// The adapters of the services stand on it; it knows none of them.
package kube
