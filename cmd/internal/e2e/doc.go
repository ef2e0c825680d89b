// Package e2e has no code but tests: the whole product on a real Kubernetes and
// a real Prometheus, as processes that can be killed. They carry the build tag
// "real".
package e2e
