// Package pod holds the faults that hit pods. Kinds is the table of them: a fault
// is one file and one line there.
//
// What they have in common stands once: a namespace is surveyed, victims are drawn
// by seed, the guards are asked, and a watch that is open before the first victim is
// hit makes the marks of each. There are three families:
//
//   - removal.go: pods that are taken away, and replaced by their owners (pod-kill,
//     pod-evict). There is nothing to put back.
//   - containerkill.go: one container of a pod, which the kubelet starts again. An
//     ephemeral container of ours kills it, so that neither the image of the victim nor
//     the node has to have anything. It stays listed in the pod, ended: Kubernetes has no
//     way to remove it.
//   - owning.go: whole owners (component-outage, rollout-restart). An outage is put back
//     from the ledger, whose original also stands in an annotation of the owner.
//
// # Invariants
//
//  1. A pod is hit by its UID, at the version that was read just before: one that
//     was terminating anyway is never called ours.
//  2. A replacement is a pod that was not there before the fault; which were is kept
//     in the ledger.
//  3. What others have changed meanwhile is left, and said: an owner is scaled back only
//     from zero, at the version that was read just before.
//  4. A helper acts before the deadline of the call that sent it, or not at all.
//  5. A mark is the arrival of a watch event. One found later, after a gap, says so
//     and gives both ends of the interval.
package pod
