//go:build real

package kube

import (
	"os"
	"testing"

	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// TestMain gives the suite a sandbox, unless a cluster is named already.
func TestMain(m *testing.M) {
	if os.Getenv(sandboxtest.KubeconfigEnv) != "" {
		os.Exit(m.Run())
	}
	os.Exit(sandboxtest.Main(m, sandboxtest.Options{Nodes: 1}))
}
