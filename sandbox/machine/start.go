package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// The descriptors that process 1 inherits: it reads from goFD until it may go
// on and writes to readyFD what became of that.
const (
	goFD    = 3
	readyFD = 4
	ready   = "ready"
)

// start makes the machine and returns when its processes were started. Whatever
// happens to the caller, the machine is either recorded or gone.
func start(path string, spec Spec) error {
	if err := makeCgroups(spec.Cgroup); err != nil {
		return fmt.Errorf("control groups of machine %s: %w", spec.Name, err)
	}
	p, err := spawn(path, spec)
	if err != nil {
		return fmt.Errorf("starting machine %s: %w", spec.Name, err)
	}
	if err := p.bringUp(spec); err != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		return fmt.Errorf("machine %s: %w", spec.Name, err)
	}
	return p.cmd.Process.Release()
}

// spawned is a machine's process 1 that waits for its cable.
type spawned struct {
	cmd   *exec.Cmd
	goOn  *os.File
	ready *os.File
}

// spawn starts process 1, which waits until it is told to go on.
func spawn(path string, spec Spec) (*spawned, error) {
	log, err := os.OpenFile(filepath.Join(spec.Dir, "machine.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	goRead, goWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = goRead.Close() }()
	readyRead, readyWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = readyWrite.Close() }()
	cmd := exec.CommandContext(context.Background(), "/proc/self/exe", "boot", path)
	cmd.Dir = "/"
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{goRead, readyWrite}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid: true,
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET |
			syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
	}
	return &spawned{cmd: cmd, goOn: goWrite, ready: readyRead}, cmd.Start()
}

// environment is all that a machine's process 1 has of the host's.
func environment() []string { return []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"} }

// bringUp records process 1, plugs its cable in, lets it go on and waits until
// it is up.
func (p *spawned) bringUp(spec Spec) error {
	id, err := identify(p.cmd.Process.Pid)
	if err != nil {
		return err
	}
	if err := writeIdentity(spec.Dir, id); err != nil {
		return fmt.Errorf("recording process %d: %w", id.PID, err)
	}
	if err := plug(spec, id.PID); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	if _, err := p.goOn.Write([]byte{1}); err != nil {
		return fmt.Errorf("process 1 ended early: %w", err)
	}
	answer, err := io.ReadAll(p.ready)
	if err != nil {
		return err
	}
	if string(answer) != ready {
		return errors.New(string(bytes.TrimSpace(append(answer, " (see machine.log)"...))))
	}
	return nil
}

// identify reads the start time of a process.
func identify(pid int) (identity, error) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return identity{}, err
	}
	// The command's name is in parentheses and may hold anything.
	_, rest, _ := strings.Cut(string(raw[bytes.LastIndexByte(raw, ')'):]), " ")
	fields := strings.Fields(rest)
	const startTime = 19
	if len(fields) <= startTime {
		return identity{}, fmt.Errorf("process %d: short stat", pid)
	}
	ticks, err := strconv.ParseUint(fields[startTime], 10, 64)
	return identity{PID: pid, Start: ticks}, err
}
