//go:build real

package sandbox

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// TestKilledOwner kills the process that makes a sandbox with SIGKILL, at every
// step and within the steps, and wants the sandbox destroyed without a trace.
// At last it is made again.
func TestKilledOwner(t *testing.T) {
	dir := t.TempDir()
	before := survey(t, dir)
	r := newRig(t, dir, "gamma")
	for _, at := range []struct {
		name, step string
		after      time.Duration
	}{
		{"as the control plane begins", "+control plane", 0},
		{"while it writes its files", "+control plane", 5 * time.Millisecond},
		{"while the control plane starts", "+control plane", 30 * time.Millisecond},
		{"as the nodes begin", "-control plane", 0},
		{"while the nodes start", "-control plane", 60 * time.Millisecond},
		{"while images are loaded", "-control plane", 200 * time.Millisecond},
		{"while images are loaded still", "-control plane", 300 * time.Millisecond},
		{"while images are loaded at last", "-control plane", 450 * time.Millisecond},
		{"as the nodes have started", "-2 nodes", 0},
		{"while the cluster comes up", "-2 nodes", time.Second},
		{"when it is ready", "-cluster ready", 0},
	} {
		t.Run(at.name, func(t *testing.T) {
			r.killCreate(t, dir, at.step, at.after)
			if err := r.driver.Destroy(t.Context(), r.name, provisioner.Quiet{}); err != nil && !isNotFound(err) {
				t.Fatal(err)
			}
			before.same(t, survey(t, dir))
		})
	}
	t.Run("created again", func(t *testing.T) {
		if _, err := r.driver.Create(t.Context(), testDocument(r.name, 2), provisioner.Quiet{}); err != nil {
			t.Fatal(err)
		}
		if err := r.driver.Destroy(t.Context(), r.name, provisioner.Quiet{}); err != nil {
			t.Fatal(err)
		}
		before.same(t, survey(t, dir))
	})
}

// isNotFound reports whether there was nothing to destroy.
func isNotFound(err error) bool { return strings.Contains(err.Error(), "does not exist") }

// killCreate runs a create in a process of its own and kills it some time after
// it has printed a step.
func (r *rig) killCreate(t *testing.T, dir, step string, after time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOwner$")
	cmd.Env = append(os.Environ(), "SANDBOX_OWNER_DIR="+dir, "SANDBOX_OWNER_NAME="+r.name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen := false
	for lines := bufio.NewScanner(out); !seen && lines.Scan(); {
		seen = lines.Text() == step
	}
	if !seen {
		t.Errorf("the owner ended before %q", step)
	}
	<-time.After(after)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

// TestOwner is the process that TestKilledOwner kills; in the suite itself it has
// nothing to do.
func TestOwner(t *testing.T) {
	dir := os.Getenv("SANDBOX_OWNER_DIR")
	if dir == "" {
		return
	}
	_, err := newTestDriver(t, dir).Create(context.Background(), testDocument(os.Getenv("SANDBOX_OWNER_NAME"), 2), printer{})
	if err != nil {
		t.Fatal(err)
	}
	select {}
}

// printer writes every step to the standard output, at once.
type printer struct{}

func (printer) StepStarted(step string)        { _, _ = os.Stdout.WriteString("+" + step + "\n") }
func (printer) StepNote(string, string)        {}
func (printer) StepEnded(step string, _ error) { _, _ = os.Stdout.WriteString("-" + step + "\n") }
