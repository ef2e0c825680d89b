// Package demo is the main job of the product from end to end, on real input: a
// cluster, a Prometheus, the server, a signed webhook, an environment, and the
// experiments that its readiness starts. Nothing is staged; the demo only drives
// what a user drives, and compares the verdicts with those it expects.
package demo
