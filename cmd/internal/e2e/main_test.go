//go:build real

package e2e

import (
	"context"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/experiments/prom"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// The variables that turn this test binary into a server.
const (
	childDir     = "SHAKEDOWN_E2E_DIR"
	childCrashAt = "SHAKEDOWN_E2E_CRASH_AT"
)

const hookSecret = "canary-hook-secret"

// TestMain gives the suite a sandbox with a Prometheus, unless this process is a
// server that a test has started.
func TestMain(m *testing.M) {
	if file := os.Getenv(childNATS); file != "" {
		os.Exit(natsNode(file))
	}
	if url := os.Getenv(childReplica); url != "" {
		os.Exit(serveReplica(url))
	}
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir, os.Getenv(childCrashAt)))
	}
	os.Exit(sandboxtest.Main(m, sandboxtest.Options{Prometheus: true}))
}

// child is `shakedown up` that ends with SIGKILL when it comes to the step.
func child(dir, crashAt string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := os.WriteFile(filepath.Join(dir, "hook.secret"), []byte(hookSecret), 0o600); err != nil {
		log.Error("start", "error", err)
		return 1
	}
	a, err := app.New(ctx, app.Options{
		Version: "e2e", DataDir: dir, Kubeconfig: os.Getenv(sandboxtest.KubeconfigEnv),
		Prometheus: prom.Config{URL: os.Getenv(sandboxtest.PrometheusEnv)},
		Documents:  []spec.Document{template(environment("shop")), template(withoutProbes(environment(bareTemplate)))},
		Listen:     "127.0.0.1:0",
		Log:        log, Now: time.Now, NewID: newID, Env: os.Getenv,
		Checkpoint: func(step string) {
			if step == crashAt {
				log.Info("crashing", "step", step)
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // nothing of this process goes on
			}
		},
	})
	if err != nil {
		log.Error("start", "error", err)
		return 1
	}
	if err := a.Run(ctx); err != nil {
		log.Error("run", "error", err)
		return 1
	}
	return 0
}

func template(d envs.Document) spec.Document { return spec.Document{Kind: d.Kind, Value: &d} }

func newID() string {
	return hex.EncodeToString([]byte(strconv.FormatUint(rand.Uint64(), 36)))[:16]
}
