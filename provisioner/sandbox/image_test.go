package sandbox

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestImageIsWhole(t *testing.T) {
	dir := t.TempDir()
	program, path := filepath.Join(dir, "pause"), filepath.Join(dir, "pause.tar")
	if err := os.WriteFile(program, []byte("program"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeImage(path, pauseImage, program); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(bytes.NewReader(raw)); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
	if diff := cmp.Diff([]string{"manifest.json", "config.json", "layer.tar"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if !bytes.HasSuffix(raw, make([]byte, 1024)) {
		t.Error("the archive has no end")
	}
}
