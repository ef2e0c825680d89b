package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	logDir       = "/var/log"
	restartPause = time.Second
	dialPause    = 50 * time.Millisecond
)

// supervisor starts processes again when they end and reaps what is left to
// process 1. Only reap waits for children, so that no status is lost.
type supervisor struct {
	log   io.Writer
	mu    sync.Mutex
	exits map[int]chan syscall.WaitStatus
	wake  chan struct{}
}

// newSupervisor returns a supervisor without processes that writes to log what
// ends.
func newSupervisor(log io.Writer) *supervisor {
	return &supervisor{log: log, exits: map[int]chan syscall.WaitStatus{}, wake: make(chan struct{}, 1)}
}

// keep runs the process for as long as the machine is on.
func (s *supervisor) keep(p Process) {
	for {
		waitFor(p.After)
		status, err := s.runOnce(p)
		if err != nil {
			_, _ = fmt.Fprintf(s.log, "machine: %s: %v\n", p.Name, err)
		} else {
			_, _ = fmt.Fprintf(s.log, "machine: %s ended: exit %d signal %d\n", p.Name, status.ExitStatus(), status.Signal())
		}
		<-time.After(restartPause)
	}
}

// runOnce starts the process and returns how it ended.
func (s *supervisor) runOnce(p Process) (syscall.WaitStatus, error) {
	log, err := os.OpenFile(filepath.Join(logDir, p.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { _ = log.Close() }()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer func() { _ = null.Close() }()
	exit, err := s.spawn(p, []uintptr{null.Fd(), log.Fd(), log.Fd()})
	if err != nil {
		return 0, err
	}
	return <-exit, nil
}

// spawn starts the process; the lock keeps reap from seeing its end before
// there is a channel for it.
func (s *supervisor) spawn(p Process, files []uintptr) (<-chan syscall.WaitStatus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pid, err := syscall.ForkExec(p.Args[0], p.Args, &syscall.ProcAttr{
		Dir: "/", Env: p.Env, Files: files, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, err
	}
	exit := make(chan syscall.WaitStatus, 1)
	s.exits[pid] = exit
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return exit, nil
}

// reap collects every child that ends, for ever.
func (s *supervisor) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if err == syscall.ECHILD {
			<-s.wake
			continue
		}
		if err == nil && (status.Exited() || status.Signaled()) {
			s.deliver(pid, status)
		}
	}
}

// deliver hands a status to whoever waits for that process.
func (s *supervisor) deliver(pid int, status syscall.WaitStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if exit, ok := s.exits[pid]; ok {
		exit <- status
		delete(s.exits, pid)
	}
}

// waitFor returns when the address accepts connections.
func waitFor(address string) {
	kind, rest, ok := strings.Cut(address, ":")
	for ok {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), kind, rest)
		if err == nil {
			_ = conn.Close()
			return
		}
		<-time.After(dialPause)
	}
}
