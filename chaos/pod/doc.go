// Package pod holds the faults that hit pods. Kinds is the table of them: a fault
// is one file and one line there.
//
// What they have in common stands once: a namespace is surveyed, victims are drawn
// by seed, the guards are asked, and a watch that is open before the first pod is
// hit makes the marks of each victim: gone, and a replacement of its owner
// scheduled, started and ready. The owners replace what is taken away, so there is
// nothing to put back.
//
// # Invariants
//
//  1. A pod is hit by its UID, at the version that was read just before: one that
//     was terminating anyway is never called ours.
//  2. A replacement is a pod that was not there before the fault; which were is kept
//     in the ledger.
//  3. A mark is the arrival of a watch event. One found later, after a gap, says so
//     and gives both ends of the interval.
package pod
