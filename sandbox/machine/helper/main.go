// Command helper is what chaos adds to a running pod, as an ephemeral container in the
// process namespace of another container:
//
//	helper kill -until UNIX_MS   kills process 1 there, which ends the container
//
// The kernel does not let a process kill the first one of its own namespace. It does so
// itself when a tracer ends whose tracees shall not outlive it, and that is what is asked
// of it here. It takes the capability SYS_PTRACE and no program in the other container.
//
// Exit codes: 0 done, 2 wrong arguments, 3 too late, 4 there is nothing that may be
// killed, 5 the kernel refuses.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

// The exit codes.
const (
	done = iota
	_
	usage
	late
	wrong
	refused
)

func main() {
	// What traces is the thread: it must be there until the process ends.
	runtime.LockOSThread()
	os.Exit(run(os.Args[1:], os.Stderr, world{now: time.Now, self: os.Getpid(), namespace: pidNamespace, seize: seize}))
}

// world is what the helper sees and does.
type world struct {
	now func() time.Time
	// self is our process id.
	self int
	// namespace names our process namespace.
	namespace func() (string, error)
	// seize lets the process end when we do.
	seize func(pid int) error
}

func run(args []string, complaints io.Writer, w world) int {
	if len(args) == 0 || args[0] != "kill" {
		fmt.Fprintln(complaints, "usage: helper kill -until UNIX_MS")
		return usage
	}
	flags := flag.NewFlagSet("kill", flag.ContinueOnError)
	flags.SetOutput(complaints)
	until := flags.Int64("until", 0, "when it is too late, in milliseconds since 1970")
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 {
		return usage
	}
	code, err := kill(w, time.UnixMilli(*until))
	if err != nil {
		fmt.Fprintln(complaints, err)
	}
	return code
}

// kill ends process 1 of our namespace, if that is the namespace of a container and not
// of our own, nor of a node.
func kill(w world, until time.Time) (int, error) {
	if now := w.now(); !now.Before(until) {
		return late, fmt.Errorf("it is %s, and after %s nothing is killed any more", stamp(now), stamp(until))
	}
	if w.self == target {
		return wrong, fmt.Errorf("the container runtime has not put the helper into the process namespace of its target")
	}
	switch namespace, err := w.namespace(); {
	case err != nil:
		return wrong, fmt.Errorf("find out which process namespace this is: %w", err)
	case namespace == nodesOwn:
		return wrong, fmt.Errorf("this is the process namespace of the node")
	}
	if err := w.seize(target); err != nil {
		return refused, fmt.Errorf("trace process 1: %w (it takes the capability SYS_PTRACE)", err)
	}
	return done, nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

const (
	// target is the process that is killed.
	target = 1
	// nodesOwn is the first process namespace of every kernel.
	nodesOwn = "pid:[4026531836]"
)
