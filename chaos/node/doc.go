// Package node holds the faults that hit nodes. Kinds is the table of them: a fault is
// one file and one line there.
//
// What they have in common stands once: the nodes are read, victims are drawn by seed
// among those that run something of the run's namespace, the guards are asked, and
// watches of the nodes and of the pods in every namespace that is reached make the marks
// of each victim: the node is down, it is as before, and what it ran is back. What they
// read of a namespace they read as chaos/pod does.
//
// # Consent
//
// A node belongs to no environment. It lets faults in by the label
// shakedown.dev/chaos=allowed, and then each namespace whose pods it would lose must let
// them in, too, but for those of Kubernetes itself; or by the operator's selector
// (Options.Allowed), which speaks for the whole node.
//
// # Invariants
//
//  1. A node is hit by its UID, never a later one of its name.
//  2. What a drain changes on a node is marked with the fault's id in the same write, and
//     the mark says how the node was. Only a node with the mark of this fault is changed
//     back, and only in what we have changed.
//  3. A pod is evicted by its UID, at the version that was read just before, and its
//     disruption budgets are kept by the API server.
//  4. Power that was switched off is switched on again by any server: the ledger has the
//     cluster and the node before the switch is asked.
//  5. What ran on a node whose power was gone counts as back when its containers are
//     others than before, whatever the API server still says of them.
package node
