package app

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDataDirectoryOfTheDemo is the demo's until somebody else uses it.
func TestDataDirectoryOfTheDemo(t *testing.T) {
	for _, demo := range []bool{true, false} {
		o := newWorld(t).options(t)
		o.Demo = demo
		mark := DemoMark(o.DataDir)
		if err := os.MkdirAll(filepath.Dir(mark), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(mark, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := New(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(mark); (err == nil) != demo {
			t.Errorf("opened by the demo %t: the mark says %v", demo, err)
		}
	}
}
