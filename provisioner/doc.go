// Package provisioner owns clusters: what a team asks for, what there is, and
// the steps from one to the other.
//
// A cluster is made by a Driver: sandbox makes a whole Kubernetes on this
// machine, existing takes one that is there already. The Service checks that a
// driver can do what is asked before anything is made, carries the plan out
// with progress, and takes back what a failed create left behind unless it was
// told to keep it.
//
// Invariants: nothing is made before everything was checked; what was made can
// always be destroyed by name, also after the process that made it was killed;
// only what a driver made is ever removed.
package provisioner
