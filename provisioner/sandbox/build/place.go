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

	"github.com/shakedown-dev/shakedown/events"
)

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
