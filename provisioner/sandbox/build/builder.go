package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

const (
	// heartbeat is how often a build says that it is still going on.
	heartbeat = 5 * time.Second
	// lockEvery is how often a lock that another process holds is tried.
	lockEvery = 200 * time.Millisecond
	// tailLines is how much of the compiler's output an error shows.
	tailLines = 20
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

// Build returns a directory for each named group, building what is missing. A
// build that fails or is cancelled leaves nothing half made; what it compiled
// is in Go's own cache, so the next one is quicker.
func (b *Builder) Build(ctx context.Context, p provisioner.Progress, groups ...string) (map[string]string, error) {
	toolchain, err := b.toolchain(ctx)
	if err != nil {
		return nil, err
	}
	dirs := map[string]string{}
	for _, name := range groups {
		g, err := find(name)
		if err != nil {
			return nil, err
		}
		if dirs[name], err = b.group(ctx, p, g, toolchain); err != nil {
			return nil, err
		}
	}
	return dirs, nil
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

// toolchain is the version of the go command.
func (b *Builder) toolchain(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOARCH")
	cmd.Env, cmd.Dir = b.env, os.TempDir()
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", events.Errorf(events.KindUnavailable, "install Go 1.26 or newer from https://go.dev/dl",
			"building the sandbox's programs: %w", err)
	}
	if err != nil {
		return "", fmt.Errorf("asking go for its version: %w", err)
	}
	return strings.Join(strings.Fields(string(out)), " "), nil
}

// place is the directory of a group's programs.
func (b *Builder) place(g Group, toolchain string) (string, error) {
	module, err := fs.Sub(b.modules, g.Name)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, _ = fmt.Fprintf(hash, "%s\n%+v\n%v\n", toolchain, g.Programs, g.Links)
	err = fs.WalkDir(module, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(module, name)
		_, _ = fmt.Fprintf(hash, "%s %d\n%s\n", name, len(raw), raw)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("module %s: %w", g.Name, err)
	}
	return filepath.Join(b.dir, g.Name+"-"+hex.EncodeToString(hash.Sum(nil)[:6])), nil
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

// beat tells p now and then how long a step has taken, until it is stopped.
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

// locked does something while no other build of the group goes on.
func (b *Builder) locked(ctx context.Context, g Group, do func(lock *os.File) error) error {
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(b.dir, g.Name+".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	ticker := time.NewTicker(lockEvery)
	defer ticker.Stop()
	for {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return do(lock)
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("locking %s: %w", lock.Name(), err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// build builds the group in a place of its own and puts it where it belongs.
func (b *Builder) build(ctx context.Context, g Group, dir string, lock *os.File) (err error) {
	temp := filepath.Join(b.dir, g.Name+".tmp")
	if err := os.RemoveAll(temp); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	source, output := filepath.Join(temp, "source"), filepath.Join(temp, "programs")
	module, err := fs.Sub(b.modules, g.Name)
	if err != nil {
		return err
	}
	if err := os.CopyFS(source, module); err != nil {
		return fmt.Errorf("unpacking module %s: %w", g.Name, err)
	}
	for _, program := range g.Programs {
		args, err := program.arguments(module, filepath.Join(output, program.Name))
		if err != nil {
			return err
		}
		if err := b.run(ctx, program, source, args, lock); err != nil {
			return err
		}
	}
	for _, link := range g.Links {
		if err := os.Symlink(g.Programs[0].Name, filepath.Join(output, link)); err != nil {
			return err
		}
	}
	return os.Rename(output, dir)
}

// run runs the go command, with everything it starts in a group of its own that
// ends with ctx.
func (b *Builder) run(ctx context.Context, p Program, dir string, args []string, lock *os.File) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cgo := "CGO_ENABLED=0"
	if p.Cgo {
		cgo = "CGO_ENABLED=1"
	}
	cmd.Dir = dir
	cmd.Env = append(append([]string{}, b.env...), "GOWORK=off", "GOFLAGS=", cgo, "PWD="+dir)
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return fmt.Errorf("building %s: %w", p.Name, context.Cause(ctx))
	}
	if err != nil {
		return events.Errorf(events.KindUnavailable, "see what the compiler says, and check that the Go module proxy can be reached",
			"building %s: %w\n%s", p.Name, err, tail(string(out), tailLines))
	}
	return nil
}

// tail is the end of a text.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// exists reports whether a directory does.
func exists(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}
