package cli

import (
	"os"
	"path/filepath"
	"testing"
)

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// TestClearDataDir removes what is the demo's and nothing else.
func TestClearDataDir(t *testing.T) {
	t.Run("a directory that was new goes whole", func(t *testing.T) {
		f := &factory{globals: globals{dataDir: filepath.Join(t.TempDir(), "data")}}
		if err := f.claimDataDir(); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(f.data(), "jetstream", "stream"))
		write(t, filepath.Join(f.data(), "server.log"))
		if err := f.clearDataDir(); err != nil || exists(f.data()) {
			t.Errorf("error %v, directory exists %t", err, exists(f.data()))
		}
	})
	t.Run("a server of earlier keeps its state", func(t *testing.T) {
		f := &factory{globals: globals{dataDir: t.TempDir()}}
		stream := filepath.Join(f.data(), "jetstream", "stream")
		write(t, stream)
		if err := f.claimDataDir(); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(f.data(), "demo", "specs", "environment.yaml"))
		if err := f.clearDataDir(); err != nil || !exists(stream) || exists(filepath.Join(f.data(), "demo")) {
			t.Errorf("error %v, state kept %t, demo kept %t", err, exists(stream), exists(filepath.Join(f.data(), "demo")))
		}
	})
	t.Run("another cluster in a new directory stays", func(t *testing.T) {
		f := &factory{globals: globals{dataDir: t.TempDir()}}
		if err := f.claimDataDir(); err != nil {
			t.Fatal(err)
		}
		mine := filepath.Join(f.data(), "clusters", "mine", "cluster.json")
		write(t, mine)
		if err := f.clearDataDir(); err != nil || !exists(mine) {
			t.Errorf("error %v, cluster kept %t", err, exists(mine))
		}
	})
}
