package image_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner/image"
)

func TestPackageIsReproducible(t *testing.T) {
	first := pack(t, shop(t, "v1"))
	if again := pack(t, shop(t, "v1")); first.Digest() != again.Digest() {
		t.Errorf("the same input made %s, then %s", first.Digest(), again.Digest())
	}
	changes := map[string]func(*image.Spec){
		"binary":     func(s *image.Spec) { s.Binary = executable(t, elf.EM_X86_64, elf.PT_LOAD, "another") },
		"name":       func(s *image.Spec) { s.Name = "store" },
		"entrypoint": func(s *image.Spec) { s.Entrypoint = []string{"/shop", "web"} },
		"env":        func(s *image.Spec) { s.Env = nil },
		"labels":     func(s *image.Spec) { s.Labels = nil },
		"user":       func(s *image.Spec) { s.User = "0:0" },
		"created":    func(s *image.Spec) { s.Created = time.Unix(1, 0) },
	}
	for name, change := range changes {
		t.Run("not with another "+name, func(t *testing.T) {
			s := shop(t, "v1")
			change(&s)
			if pack(t, s).Digest() == first.Digest() {
				t.Error("the digest is the same")
			}
		})
	}
}

func TestTarballKeepsTheImage(t *testing.T) {
	one, two := pack(t, shop(t, "v1")), pack(t, shop(t, "v2"))
	path := filepath.Join(t.TempDir(), "shop.tar")
	if err := image.Save(path, one, two); err != nil {
		t.Fatal(err)
	}
	for _, want := range []*image.Image{one, two} {
		got, err := image.Open(path, want.Ref())
		if err != nil {
			t.Fatal(err)
		}
		if got.Digest() != want.Digest() || got.Ref() != want.Ref() {
			t.Errorf("read %s %s, want %s %s", got.Ref(), got.Digest(), want.Ref(), want.Digest())
		}
	}
	if one.Digest() == two.Digest() {
		t.Error("v1 and v2 are the same image")
	}
}

func TestTarballIsReproducible(t *testing.T) {
	one, two := pack(t, shop(t, "v1")), pack(t, shop(t, "v2"))
	var first, again bytes.Buffer
	if err := errors.Join(image.Write(&first, one, two), image.Write(&again, two, one)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), again.Bytes()) {
		t.Error("the order of the arguments changes the tarball")
	}
	if want := []string{"blobs", "blobs", "blobs", "blobs", "blobs", "index.json", "manifest.json", "oci-layout"}; !cmp.Equal(want, tops(t, &first)) {
		t.Errorf("files: %s", cmp.Diff(want, tops(t, &again)))
	}
}

// tops lists the first path element of each file of a tarball.
func tops(t *testing.T, r io.Reader) []string {
	t.Helper()
	var names []string
	for files := tar.NewReader(r); ; {
		h, err := files.Next()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		top, _, _ := strings.Cut(h.Name, "/")
		names = append(names, top)
	}
}

func TestImageIsWhatItsSpecSays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.tar")
	i := pack(t, shop(t, "v1"))
	if err := image.Save(path, i); err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(i.Ref())
	if err != nil {
		t.Fatal(err)
	}
	img, err := tarball.ImageFromPath(path, &tag)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(img); err != nil {
		t.Error(err)
	}
	got, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	epoch := v1.Time{Time: time.Unix(0, 0).UTC()}
	want := &v1.ConfigFile{
		Architecture: "amd64", OS: "linux", Created: epoch,
		Config: v1.Config{
			Entrypoint: []string{"/shop"}, Env: []string{"A=b", "SHOP_VERSION=v1"}, User: "65532:65532",
			Labels: map[string]string{"org.opencontainers.image.title": "shop"}, WorkingDir: "/",
		},
		History: []v1.History{{Created: epoch, CreatedBy: "shakedown", Comment: "/shop"}},
		RootFS:  got.RootFS,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

func TestPackageRefuses(t *testing.T) {
	text := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(*image.Spec)
		want   string
	}{
		{"no binary", func(s *image.Spec) { s.Binary = "" }, "no path given"},
		{"a missing binary", func(s *image.Spec) { s.Binary += ".gone" }, "no such file"},
		{"a script", func(s *image.Spec) { s.Binary = text }, "not a readable Linux executable"},
		{"a dynamic binary", func(s *image.Spec) { s.Binary = executable(t, elf.EM_X86_64, elf.PT_INTERP, "") }, "linked dynamically"},
		{"a strange machine", func(s *image.Spec) { s.Binary = executable(t, elf.EM_PDP11, elf.PT_LOAD, "") }, "unknown machine"},
		{"no tag", func(s *image.Spec) { s.Ref = "shakedown.dev/shop" }, "want REGISTRY/NAME:TAG"},
		{"no registry", func(s *image.Spec) { s.Ref = "shop:v1" }, "want REGISTRY/NAME:TAG"},
		{"a path as name", func(s *image.Spec) { s.Name = "a/b" }, "plain file name"},
		{"a bad variable", func(s *image.Spec) { s.Env = map[string]string{"A=B": "c"} }, `"A=B": not a name`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := shop(t, "v1")
			tt.change(&s)
			_, err := image.Package(s)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestDynamicBinaryComesWithAdvice(t *testing.T) {
	s := shop(t, "v1")
	s.Binary = executable(t, elf.EM_X86_64, elf.PT_INTERP, "")
	_, err := image.Package(s)
	if e, ok := errors.AsType[*events.Error](err); !ok || e.Kind != events.KindInvalid || !strings.Contains(e.Hint(), "CGO_ENABLED=0") {
		t.Errorf("error %#v, want an invalid one with the way out", err)
	}
}

func TestSaveLeavesNothingHalfMade(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "shop.tar")
	if err := os.Mkdir(blocked, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := image.Save(blocked, pack(t, shop(t, "v1"))); err == nil {
		t.Fatal("saved over a directory")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.tar")
	if err := image.Save(path, pack(t, shop(t, "v1"))); err != nil {
		t.Fatal(err)
	}
	if _, err := image.Open(path, "shakedown.dev/shop:v9"); err == nil || !strings.Contains(err.Error(), "shop:v9") {
		t.Errorf("error %v, want one that names the image", err)
	}
	if _, err := image.Open(path+".gone", "shakedown.dev/shop:v1"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want %v", err, os.ErrNotExist)
	}
}
