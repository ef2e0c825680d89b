//go:build real

package kube_test

import (
	"os"
	"testing"

	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// TestMain makes a sandbox, unless a cluster is named.
func TestMain(m *testing.M) {
	if os.Getenv(sandboxtest.KubeconfigEnv) != "" {
		os.Exit(m.Run())
	}
	os.Exit(sandboxtest.Main(m, sandboxtest.Options{Nodes: 3}))
}
