// Package sandbox makes a whole Kubernetes on this machine, without Docker: a
// control plane and workers with containerd, kubelet and kube-proxy, each a
// "machine" in namespaces of its own (see the module sandbox/machine).
//
// # What a sandbox is made of
//
//	<data dir>/clusters/<name>/cluster.json   the record, written first
//	                           kubeconfig     the administrator's, mode 0600
//	                           pki/           certificates of our own clients
//	                           machines/<m>/  a machine's etc, var, log, pid
//	<data dir>/clusters/<name>.lock           held while something is changed
//	link sd-<id>                              the one interface on this machine
//	cgroup /shakedown-<id>                    one group below it per machine
//
// The id follows from the directory, so everything is found again by name. What
// runs in a machine is ended by ending its process 1; its mounts, interfaces,
// routes and packet filter rules exist in its namespaces only and go with it.
//
// One setting outlives a sandbox: where the root of a v2 hierarchy did not hand
// out the controllers cpu, cpuset, memory and pids, it does from then on. Others
// may rely on them meanwhile, so they are not taken back.
//
// A sandbox listens on its own bridge network, 10.x.0.0/16, which is reachable
// from this machine and from nowhere else, and has no way out of it.
package sandbox
