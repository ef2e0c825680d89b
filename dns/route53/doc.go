// Package route53 is the provider of zones of Amazon Route 53.
//
// All requests of a provider share one token bucket, since Route 53 counts those of an
// account; each zone has one request that changes it at a time. What is throttled is tried
// again for a long time, other failures that may pass for a short one.
package route53
