// Package probe is the port behind which the kinds of probes lie. A kind owns its part
// of the document, how it measures and its words; everybody else asks the table of
// kinds.
//
// The promise of the port is that nothing is ever a number without evidence: whatever is
// not exactly one finite, fresh number is a problem with a name. Take keeps it whatever
// a kind says, and package probetest has the suite that every kind must pass.
//
// A new kind is an adapter below experiments and one line in the table of the
// composition root.
package probe
