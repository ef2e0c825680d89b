//go:build real

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// TestServe runs the services as processes of their own against a NATS server,
// chaos twice, and a user who reaches them over NATS only.
func TestServe(t *testing.T) {
	program, dir := binary(t), t.TempDir()
	url := natsServer(t, dir)
	for i, services := range [][]string{{"envs"}, {"chaos"}, {"chaos"}, {"experiments", "webhook"}} {
		data := filepath.Join(dir, string(rune('a'+i)))
		args := append([]string{
			"serve", "--nats", url, "--data-dir", data, "--listen", "127.0.0.1:0",
			"--kubeconfig", sandboxtest.Kubeconfig(t), "--prometheus", sandboxtest.Prometheus(t),
		}, services...)
		background(t, data, program, args...)
	}
	document := filepath.Join(dir, "environment.json")
	raw, err := json.Marshal(environment("served"))
	if err != nil {
		t.Fatal(err)
	}
	crash := filepath.Join(dir, "experiment.json")
	for path, content := range map[string][]byte{document: raw, crash: []byte(experiment)} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, "", program, "env", "create", "-f", document, "--nats", url)
	out := run(t, "", program, "experiment", "run", crash, "--environment", "served", "-o", "json", "--nats", url)
	var record struct {
		Verdict struct {
			Word string `json:"word"`
		} `json:"verdict"`
	}
	if err := json.Unmarshal([]byte(out), &record); err != nil || record.Verdict.Word != "passed" {
		t.Errorf("verdict %q, %v", record.Verdict.Word, err)
	}
	if out := run(t, "", program, "chaos", "ledger", "--open", "--nats", url); !strings.Contains(out, "empty") {
		t.Errorf("the ledger has open entries:\n%s", out)
	}
}

// natsServer builds and runs the NATS server of the version that we embed.
func natsServer(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(dir, "nats-server")
	run(t, "../../..", "go", "build", "-o", program, "github.com/nats-io/nats-server/v2")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-js", "-sd", filepath.Join(dir, "js"), "-a", "127.0.0.1", "-p", port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	awaitPort(t, "127.0.0.1:"+port)
	return "nats://127.0.0.1:" + port
}

func awaitPort(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = connection.Close()
			return
		}
		tick(ctx)
	}
	t.Fatalf("nobody listens at %s", address)
}

// background runs a server until the test ends, and waits until it is ready.
func background(t *testing.T, data, program string, args ...string) *exec.Cmd {
	t.Helper()
	return guarded(t, data, "", program, args...)
}

// guarded is background with a server that asks for the token.
func guarded(t *testing.T, data, token, program string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.Command(program, args...)
	log := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s ended with %v\n%s", strings.Join(args, " "), err, log)
		}
	})
	for !readyFor(ctx, data, cmd.Process.Pid, token) {
		if ctx.Err() != nil {
			t.Fatalf("%s does not get ready", strings.Join(args, " "))
		}
		tick(ctx)
	}
	return cmd
}
