// Package prom asks a Prometheus for the values of probes, over its HTTP API.
//
// It is strict: whatever is not exactly one finite number made of fresh samples is a
// problem with a name, never a value. Freshness is asked for apart from the value: the
// answer to an instant query carries the time of the evaluation and not that of the
// samples, so a rate over a dead target looks young. Query finds every selector of the
// expression with Prometheus's own parser and asks for timestamp() of its newest raw
// sample at the same evaluation time.
package prom
