package main

import (
	"os"
	"syscall"
)

const (
	// ptraceSeize traces a process without stopping it; exitKill kills what is traced when
	// its tracer ends. See ptrace(2).
	ptraceSeize = 0x4206
	exitKill    = 0x00100000
)

// seize traces the process so that it is killed when this thread ends.
func seize(pid int) error {
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PTRACE, ptraceSeize, uintptr(pid), 0, exitKill, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

func pidNamespace() (string, error) { return os.Readlink("/proc/self/ns/pid") }
