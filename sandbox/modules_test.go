package sandbox_test

import (
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/sandbox"
	"github.com/shakedown-dev/shakedown/sandbox/internal/archive"
)

// TestModulesAreFresh compares what is embedded with the modules beside it.
func TestModulesAreFresh(t *testing.T) {
	embedded, err := sandbox.Modules()
	if err != nil {
		t.Fatal(err)
	}
	want, got := contents(t, os.DirFS(".")), contents(t, embedded)
	for name := range want {
		if want[name] != got[name] {
			t.Errorf("%s differs", name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is gone", name)
		}
	}
	if t.Failed() {
		t.Error("modules.zip is stale; run: go generate ./sandbox")
	}
}

// TestPackIsReproducible packs twice.
func TestPackIsReproducible(t *testing.T) {
	first, err := archive.Pack(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	second, err := archive.Pack(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two archives of the same files differ: %d and %d bytes", len(first), len(second))
	}
}

// contents reads the files of the modules in dir.
func contents(t *testing.T, dir fs.FS) map[string]string {
	t.Helper()
	names, err := archive.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range names {
		raw, err := fs.ReadFile(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(raw)
	}
	return all
}
