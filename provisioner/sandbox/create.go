package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// create makes everything, each thing recorded or named beforehand.
func (s *sandbox) create(ctx context.Context, d *Driver, nodes int, p provisioner.Progress) error {
	if err := provisioner.Step(p, "control plane", func() error { return s.createControl(ctx, d, nodes) }); err != nil {
		return err
	}
	if err := provisioner.Step(p, fmt.Sprintf("%d nodes", nodes), func() error { return s.createWorkers(ctx) }); err != nil {
		return err
	}
	if err := provisioner.Step(p, stepReady, func() error { return s.awaitReady(ctx, p) }); err != nil {
		return err
	}
	s.record.State = stateRunning
	return s.record.save(s.layout.record())
}

// createControl takes a network, records the sandbox, writes its files and
// starts the machine of the control plane, which claims the network.
func (s *sandbox) createControl(ctx context.Context, d *Driver, nodes int) error {
	held, err := lockHost(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = held.Close() }()
	promised, err := d.promised()
	if err != nil {
		return err
	}
	if s.record.Subnet, err = chooseSubnet(promised); err != nil {
		return err
	}
	s.record.Nodes = newNodes(s.record.Name, s.record.Subnet, nodes)
	if err := s.record.save(s.layout.record()); err != nil {
		return err
	}
	if err := s.writeFiles(d.now()); err != nil {
		return err
	}
	return s.startMachine(ctx, controlSpec(s.record, s.layout))
}

// writeFiles writes the certificates and every machine's files.
func (s *sandbox) writeFiles(now time.Time) error {
	a, err := newCredentials(s.record.Name, now)
	if err != nil {
		return err
	}
	if err := a.write(s.record, s.layout); err != nil {
		return err
	}
	control, err := controlFiles(s.record, a)
	if err != nil {
		return err
	}
	if err := control.write(s.layout.machine(controlName(s.record.Name))); err != nil {
		return err
	}
	for _, n := range s.record.Nodes {
		f, err := workerFiles(s.record, a, n)
		if err != nil {
			return err
		}
		if err := f.write(s.layout.machine(n.Name)); err != nil {
			return err
		}
	}
	if err := copyProgram(s.layout.program(), filepath.Join(s.record.Tools[groupMachine], "machine")); err != nil {
		return err
	}
	tools := s.record.Tools[groupMachine]
	if err := writeImage(s.pauseArchive(), pauseImage, filepath.Join(tools, "pause")); err != nil {
		return err
	}
	return writeImage(s.helperArchive(), helperImage, filepath.Join(tools, "helper"))
}

// copyProgram copies a program. The sandbox keeps its own copy of what destroys
// it: the cache may be gone by then.
func copyProgram(to, from string) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to+".new", raw, 0o700); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}

// createWorkers starts the workers and gives them the images they need.
func (s *sandbox) createWorkers(ctx context.Context) error {
	return s.each(func(i int, n node) error {
		if err := s.startMachine(ctx, workerSpec(s.record, s.layout, i)); err != nil {
			return err
		}
		if err := s.importImage(ctx, n.Name, s.pauseArchive()); err != nil {
			return err
		}
		return s.importImage(ctx, n.Name, s.helperArchive())
	})
}

// each does something for every worker at the same time.
func (s *sandbox) each(do func(i int, n node) error) error {
	errs := make([]error, len(s.record.Nodes))
	var wg sync.WaitGroup
	for i, n := range s.record.Nodes {
		wg.Go(func() { errs[i] = do(i, n) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
