//go:build real

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

// What the issue promises of a server that has nothing to do.
const (
	maxIdle  = 64 << 10 // KiB
	maxStart = time.Second
)

// binary builds the program as `make build` does, into memory where there is some: around
// each page of a file on disk that is touched, a kernel may map as much as it happens to
// have in one piece, so that the resident size says how the file was written.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(memory(t), "shakedown")
	run(t, "../../..", "env", "CGO_ENABLED=0", "go", "build", "-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", "-s -w", "-o", path, "./cmd/shakedown")
	return path
}

// memory is a folder in memory that programs may be run from, or else any folder.
func memory(t *testing.T) string {
	t.Helper()
	const shared, noExec = "/dev/shm", 8
	var fs syscall.Statfs_t
	if err := syscall.Statfs(shared, &fs); err != nil || fs.Flags&noExec != 0 || fs.Bavail*uint64(fs.Bsize) < 1<<30 {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(shared, "shakedown-e2e-") //nolint:usetesting // t.TempDir is on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// run runs a command that must end well and returns its stdout.
func run(t *testing.T, dir string, command ...string) string {
	t.Helper()
	out, err := try(t, dir, command...)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(command, " "), err)
	}
	return out
}

// try runs a command and returns its stdout, and its stderr in the error.
func try(t *testing.T, dir string, command ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%w\n%s%s", err, &stdout, &stderr)
	}
	return stdout.String(), err
}

// TestIdleServer measures the start of `shakedown up` and what it holds in memory
// when nothing happens: the largest of the looks of some seconds.
func TestIdleServer(t *testing.T) {
	program, dir := binary(t), t.TempDir()
	cmd := exec.Command(program, "up", "--data-dir", dir, "--listen", "127.0.0.1:0", "--specs", "../../../examples/shop",
		"--kubeconfig", sandboxtest.Kubeconfig(t), "--prometheus", sandboxtest.Prometheus(t))
	var log bytes.Buffer
	cmd.Stderr = &log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server did not end well: %v\n%s", err, &log)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !ready(ctx, dir, cmd.Process.Pid) {
		if ctx.Err() != nil {
			t.Fatal("the server does not get ready")
		}
		tick(ctx)
	}
	took := time.Since(began)
	idle, cancelIdle := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancelIdle()
	most := 0
	for idle.Err() == nil {
		most = max(most, resident(t, cmd.Process.Pid, "VmRSS"))
		tick(idle)
	}
	t.Logf("of which %d KiB are its own, %d KiB of files and %d KiB of the program in memory",
		resident(t, cmd.Process.Pid, "RssAnon"), resident(t, cmd.Process.Pid, "RssFile"), resident(t, cmd.Process.Pid, "RssShmem"))
	t.Logf("ready after %s, at most %d KiB resident", took.Round(time.Millisecond), most)
	fmt.Fprintf(os.Stdout, "BenchmarkIdleServer\t1\t%d ns/start\t%d KiB-resident\n", took.Nanoseconds(), most)
	timebound.Check(t, "the start", took, maxStart)
	if most == 0 || most > maxIdle {
		t.Errorf("%d KiB resident, want at most %d", most, maxIdle)
	}
}

// ready asks the server that runs as the process whether it takes work.
func ready(ctx context.Context, dir string, pid int) bool { return readyFor(ctx, dir, pid, "") }

// readyFor is ready of a server that asks for the token.
func readyFor(ctx context.Context, dir string, pid int, token string) bool {
	address, err := app.ReadAddress(dir)
	if err != nil || address.PID != pid {
		return false
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.HTTP+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	request.SetBasicAuth("", token)
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func resident(t *testing.T, pid int, field string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	kib := 0
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, field+": %d kB", &kib)
	}
	return kib
}

// TestDemo is what a new user does: the demo, a look around, and its end without
// a trace.
func TestDemo(t *testing.T) {
	program, dir := binary(t), t.TempDir()
	shakedown := func(args ...string) (string, error) {
		return try(t, "", append([]string{program, "--data-dir", dir}, args...)...)
	}
	defer func() {
		if out, err := shakedown("demo", "down"); err != nil {
			t.Errorf("demo down: %v\n%s", err, out)
		}
		if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
			t.Errorf("demo down left %v", entries)
		}
		if left := processesOf(t, dir); left != "" {
			t.Errorf("demo down left processes:\n%s", left)
		}
	}()
	out, err := shakedown("demo", "--listen", "127.0.0.1:0", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var result struct {
		Environment string `json:"environment"`
		Server      string `json:"server"`
		Outcomes    []struct {
			Experiment string `json:"experiment"`
			Met        bool   `json:"met"`
			Report     string `json:"report"`
		} `json:"outcomes"`
	}
	if err := json.Unmarshal([]byte(out), &result); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(result.Outcomes) != 4 {
		t.Errorf("%d outcomes, want 4", len(result.Outcomes))
	}
	for _, o := range result.Outcomes {
		page, err := os.ReadFile(o.Report)
		if !o.Met || err != nil || !bytes.Contains(page, []byte(o.Experiment)) {
			t.Errorf("%s: met %t, report %v", o.Experiment, o.Met, err)
		}
	}
	lookAround(t, shakedown, result.Environment)
}

// lookAround uses what stays up after the demo.
func lookAround(t *testing.T, shakedown func(...string) (string, error), environment string) {
	t.Helper()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"env", "list"}, environment},
		{[]string{"env", "show", environment}, "deployment/api"},
		{[]string{"cluster", "list"}, "demo"},
		{[]string{"cluster", "show", "demo"}, "aws:///us-east-1a/i-"},
		{[]string{"experiment", "list"}, "kill-the-only-cart"},
		{[]string{"report", "list"}, "/reports/kill-one-api"},
		{[]string{"report", "show", "latest"}, "not-run"},
		{[]string{"report", "export", "latest", "--format", "markdown"}, "enough-replicas"},
		{[]string{"report", "export", "latest", "--format", "junit"}, "<testsuite"},
		{[]string{"chaos", "ledger"}, "closed"},
		{[]string{"events", "list", "--type", "v1.ci.build.succeeded"}, "4f1c2e9"},
		{[]string{"events", "dlq", "list"}, "no dead letters"},
		{[]string{"chaos", "stop", "--reason", "lunch"}, "stopped since"},
		{[]string{"chaos", "resume"}, "faults may be injected"},
		{[]string{"env", "destroy", environment}, "is gone"},
	} {
		out, err := shakedown(c.args...)
		if err != nil || !strings.Contains(out, c.want) {
			t.Errorf("shakedown %s: %v\nwant %q in\n%s", strings.Join(c.args, " "), err, c.want, out)
		}
	}
	_, err := shakedown("env", "show", environment)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 3 {
		t.Errorf("an environment that is gone: %v, want exit 3", err)
	}
}

// processesOf lists the processes whose command line names the folder.
func processesOf(t *testing.T, dir string) string {
	t.Helper()
	var found strings.Builder
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if raw, err := os.ReadFile(file); err == nil && bytes.Contains(raw, []byte(dir)) {
			fmt.Fprintf(&found, "%s: %s\n", file, bytes.ReplaceAll(raw, []byte{0}, []byte{' '}))
		}
	}
	return found.String()
}
