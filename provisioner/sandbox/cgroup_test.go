package sandbox

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRemoveTree(t *testing.T) {
	top := filepath.Join(t.TempDir(), "group")
	if err := os.MkdirAll(filepath.Join(top, "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	gone, err := removeTree(top)
	if _, missing := os.Stat(top); !gone || err != nil || missing == nil {
		t.Errorf("gone %v, %v", gone, err)
	}
	if gone, err := removeTree(top); !gone || err != nil {
		t.Errorf("again: gone %v, %v", gone, err)
	}
}
