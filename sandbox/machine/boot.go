package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
)

// boot is process 1 before it has its control groups: it joins them and starts
// over, since only an exec makes all threads of a process share the namespace.
func boot(path string, spec Spec) error {
	runtime.LockOSThread()
	answer := os.NewFile(readyFD, "ready")
	defer func() { _ = answer.Close() }()
	if err := waitForGo(); err != nil {
		return report(answer, err)
	}
	if err := joinCgroups(spec.Cgroup); err != nil {
		return report(answer, fmt.Errorf("control groups: %w", err))
	}
	if err := clearCloseOnExec(readyFD); err != nil {
		return report(answer, err)
	}
	err := syscall.Exec("/proc/self/exe", []string{"machine", "run", path}, environment())
	return report(answer, fmt.Errorf("starting over: %w", err))
}

// waitForGo returns when the starter says go, and fails when it is gone.
func waitForGo() error {
	pipe := os.NewFile(goFD, "go")
	defer func() { _ = pipe.Close() }()
	n, err := pipe.Read(make([]byte, 1))
	if n == 1 {
		return nil
	}
	return errors.Join(errors.New("the process that started the machine is gone"), err)
}

// report tells the starter why there is no machine, and passes the reason on.
func report(answer *os.File, err error) error {
	_, _ = answer.WriteString(err.Error())
	return err
}

// clearCloseOnExec lets a descriptor survive an exec.
func clearCloseOnExec(fd uintptr) error {
	_, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_SETFD, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// runMachine is process 1: it makes the machine's file system, starts its
// processes and looks after them for ever.
func runMachine(spec Spec, log io.Writer) error {
	answer := os.NewFile(readyFD, "ready")
	if err := prepare(spec); err != nil {
		return report(answer, err)
	}
	s := newSupervisor(log)
	for _, p := range spec.Processes {
		go s.keep(p)
	}
	_, err := answer.WriteString(ready)
	if err := errors.Join(err, answer.Close()); err != nil {
		return err
	}
	s.reap()
	return nil
}

// prepare makes the machine's own world.
func prepare(spec Spec) error {
	syscall.CloseOnExec(readyFD)
	if err := syscall.Sethostname([]byte(spec.Name)); err != nil {
		return fmt.Errorf("host name: %w", err)
	}
	if err := makeRoot(spec); err != nil {
		return fmt.Errorf("file system: %w", err)
	}
	for name, value := range spec.Sysctls {
		if err := os.WriteFile("/proc/sys/"+name, []byte(value), 0o644); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("sysctl: %w", err)
		}
	}
	if err := maskSysctls(); err != nil {
		return fmt.Errorf("sysctl: %w", err)
	}
	return raiseOpenFiles()
}

// raiseOpenFiles allows as many open files as the host does.
func raiseOpenFiles() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
