// Package call is the client with which one service of the shop calls another.
//
// It is the sane client a service should have: each try has a short timeout,
// and an idempotent request whose try broke (no answer at all) is tried again
// on a fresh connection, which the service's load balancing may send to
// another pod. An answer is never retried, whatever its status, and neither is
// a request that is not idempotent.
package call
