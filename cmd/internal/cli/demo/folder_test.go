package demo

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

// TestClearFolder removes what is the demo's and nothing else.
func TestClearFolder(t *testing.T) {
	t.Run("a directory that was new goes whole", func(t *testing.T) {
		data := filepath.Join(t.TempDir(), "data")
		if err := claim(data); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(data, "jetstream", "stream"))
		write(t, filepath.Join(data, "server.log"))
		write(t, filepath.Join(data, "datamove", "folder.id"))
		if err := clearFolder(data); err != nil || exists(data) {
			t.Errorf("error %v, directory exists %t", err, exists(data))
		}
	})
	t.Run("a server of earlier keeps its state", func(t *testing.T) {
		data := t.TempDir()
		stream := filepath.Join(data, "jetstream", "stream")
		write(t, stream)
		if err := claim(data); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(data, "demo", "specs", "environment.yaml"))
		if err := clearFolder(data); err != nil || !exists(stream) || exists(filepath.Join(data, "demo")) {
			t.Errorf("error %v, state kept %t, demo kept %t", err, exists(stream), exists(filepath.Join(data, "demo")))
		}
	})
	t.Run("another cluster in a new directory stays", func(t *testing.T) {
		data := t.TempDir()
		if err := claim(data); err != nil {
			t.Fatal(err)
		}
		mine := filepath.Join(data, "clusters", "mine", "cluster.json")
		write(t, mine)
		if err := clearFolder(data); err != nil || !exists(mine) {
			t.Errorf("error %v, cluster kept %t", err, exists(mine))
		}
	})
}
