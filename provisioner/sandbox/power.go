package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/events"
)

// startMachine makes a machine and returns when its programs were started.
func (s *sandbox) startMachine(ctx context.Context, spec machineSpec) error {
	raw, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(spec.Dir, "machine.json")
	if err := writeSecret(path, raw); err != nil {
		return err
	}
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, s.layout.program(), "start", path)
	// Whoever waits for the lock waits for the start as well, also when this
	// process is killed: it must not come up behind somebody's back.
	cmd.ExtraFiles = []*os.File{s.lock}
	return runQuiet(cmd)
}

// runQuiet runs a command; what it wrote becomes part of the error.
func runQuiet(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, bytes.TrimSpace(out))
	}
	return nil
}

// process1 is the recorded process of a machine.
func (s *sandbox) process1(machine string) (recorded, error) {
	return readProcess(filepath.Join(s.layout.machine(machine), "pid"))
}

// unplug pulls a machine's cable, if it was ever started. Where the program is
// gone, a destroy came as far as the files before and everything has ended.
func (s *sandbox) unplug(ctx context.Context, machine string) error {
	path := filepath.Join(s.layout.machine(machine), "machine.json")
	for _, needed := range []string{path, s.layout.program()} {
		if _, err := os.Stat(needed); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	return runQuiet(exec.CommandContext(ctx, s.layout.program(), "unplug", path))
}

// powerOff ends a machine with everything in it. The cable goes first, so that
// no connection is closed.
func (s *sandbox) powerOff(ctx context.Context, machine string) error {
	ctx, cancel := context.WithTimeout(ctx, goneTimeout)
	defer cancel()
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	unplugged := s.unplug(ctx, machine)
	p, err := s.process1(machine)
	if err == nil {
		err = p.kill(ctx)
	}
	if err == nil {
		err = removeCgroups(ctx, s.layout.machineCgroup(machine))
	}
	return errors.Join(unplugged, err)
}

// powerOn starts a worker that is off.
func (s *sandbox) powerOn(ctx context.Context, name string) error {
	p, err := s.process1(name)
	if err != nil || p.alive() {
		return err
	}
	if err := removeCgroups(ctx, s.layout.machineCgroup(name)); err != nil {
		return err
	}
	return s.startMachine(ctx, workerSpec(s.record, s.layout, s.record.index(name)))
}

// knows refuses a node that the sandbox does not have.
func (s *sandbox) knows(node string) error {
	if s.record.State != stateRunning {
		return s.halfMade()
	}
	if s.record.index(node) >= 0 {
		return nil
	}
	return events.Errorf(events.KindNotFound, "shakedown cluster show "+s.record.Name,
		"cluster %s has no node %s", s.record.Name, node)
}
