//go:build real

package kube_test

import (
	"os"
	"testing"

	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// TestMain gives the suite a sandbox, unless this process is the child that a
// test has started, or a cluster is named already.
func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" || os.Getenv(sandboxtest.KubeconfigEnv) != "" {
		os.Exit(m.Run())
	}
	os.Exit(sandboxtest.Main(m, sandboxtest.Options{Nodes: 3}))
}
