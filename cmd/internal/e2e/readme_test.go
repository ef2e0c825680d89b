//go:build real

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// TestReadme runs what the README tells a user to type for a cluster of his own:
// each line, in order, with the addresses of the sandbox.
func TestReadme(t *testing.T) {
	raw, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(raw), "## Your own cluster and Prometheus")
	text, _, _ = strings.Cut(text, "\n## ")
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(blocks) != 3 {
		t.Fatalf("%d blocks of commands, want 3: server, user, webhook", len(blocks))
	}
	program, dir := binary(t), t.TempDir()
	bin := filepath.Dir(program)
	place := strings.NewReplacer(
		"make build", "true", "bin/shakedown", program, "~/.kube/config", sandboxtest.Kubeconfig(t),
		"http://prometheus:9090", sandboxtest.Prometheus(t), "report.html", filepath.Join(bin, "report.html"),
		"http://127.0.0.1:8765", "$SERVER",
	)
	env := append(os.Environ(), "SHAKEDOWN_DATA_DIR="+dir, "SHAKEDOWN_LISTEN=127.0.0.1:0")
	serve(t, place.Replace(blocks[0][1]), dir, env)
	address, err := app.ReadAddress(dir)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := os.ReadFile(filepath.Join(dir, "hook.secret"))
	if err != nil {
		t.Fatal(err)
	}
	env = append(env, "SERVER="+address.HTTP, "SECRET="+strings.TrimSpace(string(secret)))
	bash(t, place.Replace(blocks[1][1]), env)
	if page, err := os.ReadFile(filepath.Join(bin, "report.html")); err != nil || !strings.Contains(string(page), "kill-one-api") {
		t.Errorf("the exported report: %v", err)
	}
	answer := bash(t, place.Replace(blocks[2][1]), env)
	id := regexp.MustCompile(`"correlation": ?"([^"]+)"`).FindStringSubmatch(answer)
	if id == nil {
		t.Fatalf("the webhook answered %s", answer)
	}
	access, err := natsbus.ReadAccess(dir)
	if err != nil {
		t.Fatal(err)
	}
	bus, err := natsbus.Connect(t.Context(), natsbus.Config{Access: access, Name: "readme"})
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	await(t, bus, events.EnvironmentReadyTopic, id[1], events.EnvironmentRejectedTopic.Type(), events.EnvironmentFailedTopic.Type())
}

// serve runs the lines of which the last is the server, and waits until it is ready.
func serve(t *testing.T, script, dir string, env []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.Command("bash", "-euc", regexp.MustCompile(`(?m)^(.* up )`).ReplaceAllString(script, "exec $1"))
	cmd.Dir, cmd.Env = "../../..", env
	log := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v\n%s", err, log)
		}
	})
	for !ready(ctx, dir, cmd.Process.Pid) {
		if ctx.Err() != nil {
			t.Fatal("the server of the README does not get ready")
		}
		tick(ctx)
	}
}

// bash runs the lines and returns their stdout; the first that fails ends the test.
func bash(t *testing.T, script string, env []string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euxo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = "../../..", env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, &stderr)
	}
	return string(out)
}
