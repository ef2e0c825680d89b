package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	// collect lets the compiler's heap grow before it collects, up to limit: it lives too
	// briefly to gain by collecting often. What the user has set comes first.
	collect = "GOGC=1600"
	limit   = "GOMEMLIMIT=1500MiB"
	// tailLines is how much of the compiler's output an error shows.
	tailLines = 20
)

// build builds the group in a place of its own and puts it where it belongs. All
// programs of a group are one build, so that one is compiled while another one is
// linked.
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
	args, err := g.arguments(module, output)
	if err != nil {
		return err
	}
	if err := b.run(ctx, g, source, args, lock); err != nil {
		return err
	}
	if err := g.name(output); err != nil {
		return err
	}
	return os.Rename(output, dir)
}

// name gives the programs that the go command named otherwise their own names, and
// the first one its further names.
func (g Group) name(dir string) error {
	for _, p := range g.Programs {
		if err := os.Rename(filepath.Join(dir, p.built()), filepath.Join(dir, p.Name)); err != nil {
			return err
		}
	}
	for _, link := range g.Links {
		if err := os.Symlink(g.Programs[0].Name, filepath.Join(dir, link)); err != nil {
			return err
		}
	}
	return nil
}

// run runs the go command, with everything it starts in a group of its own that
// ends with ctx.
func (b *Builder) run(ctx context.Context, g Group, dir string, args []string, lock *os.File) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(append([]string{collect, limit}, b.env...), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED="+g.cgo(), "PWD="+dir)
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return fmt.Errorf("building %s: %w", g.Name, context.Cause(ctx))
	}
	if err != nil {
		return events.Errorf(events.KindUnavailable, "see what the compiler says, and check that the Go module proxy can be reached",
			"building %s: %w\n%s", g.Name, err, tail(string(out), tailLines))
	}
	return nil
}

// tail is the end of a text.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
