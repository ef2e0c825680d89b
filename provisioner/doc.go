// Package provisioner owns clusters: what a team asks for, what there is, and
// the steps from one to the other.
//
// A cluster is made by a Driver: sandbox makes a whole Kubernetes on this
// machine, existing registers one that is there already. Clusters decides and
// carries out what is to be done, in the process of a command as well as in a
// server.
//
// # Invariants
//
//  1. Nothing is made before everything was checked.
//  2. What was made can always be destroyed by name, also after the process that
//     made it was killed; a create that fails or is cancelled is undone unless it
//     is to be retained.
//  3. Only what a driver made is ever removed.
package provisioner
