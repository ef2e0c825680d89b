package build

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
)

const (
	// heartbeat is how often a build reports that it is still going on.
	heartbeat = 5 * time.Second
	// lanes is how many groups are built at once: while one of them is linked or
	// waits for the network, the other one has work for an idle core.
	lanes = 2
)

// Config is what a Builder needs.
type Config struct {
	// CacheDir is where programs are kept, below sandbox.
	CacheDir string
	// Modules are the sources, a folder per group.
	Modules fs.FS
	// Env is the environment of the go command.
	Env []string
	// Now is the time, for progress.
	Now func() time.Time
}

// Builder builds groups of programs. It is safe for concurrent use, in several
// processes too.
type Builder struct {
	dir     string
	modules fs.FS
	env     []string
	now     func() time.Time
}

// New returns a builder that keeps programs in the cache directory.
func New(c Config) (*Builder, error) {
	dir, err := filepath.Abs(filepath.Join(c.CacheDir, "sandbox"))
	if err != nil {
		return nil, fmt.Errorf("cache directory %s: %w", c.CacheDir, err)
	}
	return &Builder{dir: dir, modules: c.Modules, env: c.Env, now: c.Now}, nil
}

// Build returns a directory for each named group, building what is missing, the
// longest build first and a few at once. A build that fails ends the others. One
// that fails or is cancelled leaves nothing half made; what it compiled is in Go's
// own cache, so the next one is quicker.
func (b *Builder) Build(ctx context.Context, p provisioner.Progress, groups ...string) (map[string]string, error) {
	toolchain, err := b.toolchain(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := longestFirst(groups)
	if err != nil {
		return nil, err
	}
	dirs := make([]string, len(wanted))
	err = inLanes(ctx, len(wanted), func(ctx context.Context, i int) error {
		dir, err := b.group(ctx, p, wanted[i], toolchain)
		dirs[i] = dir
		return err
	})
	if err != nil {
		return nil, err
	}
	byName := map[string]string{}
	for i, g := range wanted {
		byName[g.Name] = dirs[i]
	}
	return byName, nil
}

// inLanes does n things in their order, a few at once, until one of them fails.
func inLanes(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	for range min(lanes, n) {
		wg.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					return
				}
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// Missing are the groups of those named that would have to be built.
func (b *Builder) Missing(ctx context.Context, groups ...string) ([]Group, error) {
	toolchain, err := b.toolchain(ctx)
	if err != nil {
		return nil, err
	}
	var missing []Group
	for _, name := range groups {
		g, err := find(name)
		if err != nil {
			return nil, err
		}
		dir, err := b.place(g, toolchain)
		if err != nil {
			return nil, err
		}
		if !exists(dir) {
			missing = append(missing, g)
		}
	}
	return missing, nil
}

// group returns the directory of one group, which it builds if it is missing.
func (b *Builder) group(ctx context.Context, p provisioner.Progress, g Group, toolchain string) (string, error) {
	dir, err := b.place(g, toolchain)
	if err != nil || exists(dir) {
		return dir, err
	}
	step := "build " + g.Name
	err = provisioner.Step(p, step, func() error {
		stop := b.beat(p, step, g)
		defer stop()
		return b.locked(ctx, g, func(lock *os.File) error {
			if exists(dir) {
				return nil
			}
			return b.build(ctx, g, dir, lock)
		})
	})
	return dir, err
}

// beat reports to p now and then how long a step has taken, until it is stopped.
func (b *Builder) beat(p provisioner.Progress, step string, g Group) (stop func()) {
	started, done, ended := b.now(), make(chan struct{}), make(chan struct{})
	ticker := time.NewTicker(heartbeat)
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				p.StepNote(step, fmt.Sprintf("%s of about %s", b.now().Sub(started).Round(time.Second), g.Takes))
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(done)
		<-ended
	}
}

// exists reports whether a directory does.
func exists(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}
