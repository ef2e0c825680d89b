package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// How long things may take that take seconds on an idle machine.
const (
	readyTimeout = 3 * time.Minute
	goneTimeout  = 30 * time.Second
)

// stepReady is the last step of a create.
const stepReady = "cluster ready"

// sandbox is one sandbox, on disk and running.
type sandbox struct {
	layout layout
	record *record
	// lock is inherited by what must not outlive the change it is part of.
	lock *os.File
	log  *slog.Logger
}

// destroy removes everything, whatever state it is in: machines and their
// control groups, and at last the directory.
func (s *sandbox) destroy(ctx context.Context, p provisioner.Progress) error {
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	s.record.State = stateEnding
	if err := s.record.save(s.layout.record()); err != nil {
		return err
	}
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"machines", s.stopMachines},
		{"files", func(context.Context) error { return os.RemoveAll(s.layout.dir) }},
	}
	ctx, cancel := context.WithTimeout(ctx, 2*goneTimeout)
	defer cancel()
	for _, step := range steps {
		if err := provisioner.Step(p, step.name, func() error { return step.do(ctx) }); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// stopMachines ends every machine that has a directory.
func (s *sandbox) stopMachines(ctx context.Context) error {
	entries, err := os.ReadDir(s.layout.machines())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	errs := make([]error, len(entries))
	var wg sync.WaitGroup
	for i, e := range entries {
		wg.Go(func() { errs[i] = s.powerOff(ctx, e.Name()) })
	}
	wg.Wait()
	return errors.Join(append(errs, removeCgroups(ctx, s.layout.cgroup()))...)
}
