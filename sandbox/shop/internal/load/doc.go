// Package load is the shop's load generator, the measuring instrument of the
// demo's experiments.
//
// It is an open model: requests are due at a constant rate whatever the shop's
// answers take, as if each came from another visitor, who does not know that
// the shop is slow. A request's duration counts from the time it was due, so
// that waiting inside the generator is not hidden. It never retries.
//
// A request that cannot be sent (all slots busy, or the generator itself is
// over a second late) is counted as dropped. With the default number of slots,
// rate times timeout, the slots cannot run out.
package load
