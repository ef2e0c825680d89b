// Command machine is a machine of the sandbox: process 1 of process, mount,
// network, UTS, IPC and cgroup namespaces of its own, and the plumbing that
// puts its network cable in.
//
// Everything a machine runs lives in its namespaces, so killing process 1 is
// pulling the plug: the kernel ends every process in it at once and takes the
// mounts, the interfaces, the routes and the nftables rules with it. Nothing
// outside has to be cleaned up but the machine's control groups and its
// directory.
//
//	machine start SPEC   makes the machine and returns when its processes run
//	machine unplug SPEC  pulls the machine's cable, so that nobody hears from it
//	machine boot SPEC    is process 1, started by start
//	machine run SPEC     is process 1 after it joined its control groups
//
// A machine that was not told to go on by the process that started it ends by
// itself, and its process id is on disk before it is told so: no machine runs
// that cannot be found again.
package main
