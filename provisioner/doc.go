// Package provisioner owns clusters: what a team asks for, what there is, and
// the steps from one to the other.
//
// A cluster is made by a Driver: sandbox makes a whole Kubernetes on this
// machine, existing registers one that is there already. Clusters decides and
// carries out what is to be done, in the process of a command as well as in a
// server; Service takes requests from the bus and calls the same Clusters.
//
// # Events
//
// In: cluster.create, cluster.destroy. Out: cluster.progressed, cluster.ready,
// cluster.failed, cluster.destroyed. Calls answered: cluster.list, cluster.plan,
// cluster.show, node.power.
//
// # Invariants
//
//  1. Nothing is made before everything was checked.
//  2. What was made can always be destroyed by name, also after the process that
//     made it was killed; a create that fails or is cancelled is undone unless it
//     is to be retained.
//  3. Only what a driver made is ever removed.
//  4. The latest request for a name wins: one that is under way or waits ends for
//     it, and one that arrives after it is ignored. One that nobody took in time is
//     refused. Each other request has one outcome, however often its event is
//     delivered and whenever the server is killed.
//  5. What a killed server has left half made is known by its marker, and is
//     destroyed before the cluster is created anew. What somebody else has left is
//     refused by name.
//  6. One server of an installation works at a time; others are ready to take its
//     place when it ends. Clusters are on its machine, where the drivers keep their
//     records, so those need the same data directory.
//  7. A kubeconfig is never in an event, the drivers that requests may name are a
//     setting, and the path of a kubeconfig must be in a file of the server.
package provisioner
