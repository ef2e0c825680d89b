package build

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/provisioner"
	modules "github.com/shakedown-dev/shakedown/sandbox"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// shopModule is a module that takes the place of the shop's.
func shopModule(main string) fstest.MapFS {
	return fstest.MapFS{
		"shop/go.mod":  {Data: []byte("module example.com/shop\n\ngo 1.26\n")},
		"shop/main.go": {Data: []byte(main)},
	}
}

const (
	goodMain = "package main\n\nfunc main() { println(\"shop\") }\n"
	badMain  = "package main\n\nfunc main() { undefinedName() }\n"
)

// newBuilder is a builder with a cache of its own.
func newBuilder(t *testing.T, dir string, files fs.FS) *Builder {
	t.Helper()
	b, err := New(Config{CacheDir: dir, Modules: files, Env: os.Environ(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// steps collects the names of steps.
type steps struct {
	mu    sync.Mutex
	lines []string
}

func (s *steps) StepStarted(step string)        { s.add("+" + step) }
func (s *steps) StepNote(string, string)        {}
func (s *steps) StepEnded(step string, _ error) { s.add("-" + step) }

func (s *steps) add(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

func TestBuildsOnce(t *testing.T) {
	dir, p := t.TempDir(), &steps{}
	b := newBuilder(t, dir, shopModule(goodMain))
	missing, err := b.Missing(t.Context(), "shop")
	if err != nil || len(missing) != 1 {
		t.Fatalf("missing %v, %v", missing, err)
	}
	var dirs [2]map[string]string
	for i := range dirs {
		if dirs[i], err = b.Build(t.Context(), p, "shop"); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(dirs[0], dirs[1]); diff != "" {
		t.Errorf("the second build is elsewhere:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"+build shop", "-build shop"}, p.lines); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(dirs[0]["shop"], "shop")).CombinedOutput()
	if err != nil || string(out) != "shop\n" {
		t.Errorf("the program says %q, %v", out, err)
	}
	if missing, err := b.Missing(t.Context(), "shop"); err != nil || len(missing) != 0 {
		t.Errorf("missing %v, %v", missing, err)
	}
}

func TestContentDecidesThePlace(t *testing.T) {
	dir := t.TempDir()
	first, err := newBuilder(t, dir, shopModule(goodMain)).place(Group{Name: "shop"}, "go1.26")
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]func() (string, error){
		"another source": func() (string, error) {
			return newBuilder(t, dir, shopModule(badMain)).place(Group{Name: "shop"}, "go1.26")
		},
		"another toolchain": func() (string, error) {
			return newBuilder(t, dir, shopModule(goodMain)).place(Group{Name: "shop"}, "go1.27")
		},
		"another program": func() (string, error) {
			return newBuilder(t, dir, shopModule(goodMain)).place(Group{Name: "shop", Programs: []Program{{Tags: "x"}}}, "go1.26")
		},
	} {
		if got, err := other(); err != nil || got == first {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func TestFailedBuildLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	_, err := newBuilder(t, dir, shopModule(badMain)).Build(t.Context(), provisioner.Quiet{}, "shop")
	if err == nil || !strings.Contains(err.Error(), "undefinedName") {
		t.Errorf("error %v does not show the compiler's", err)
	}
	onlyLocks(t, dir)
}

func TestCancelledBuildLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := newBuilder(t, dir, shopModule(goodMain))
	lock, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	group, err := find("shop")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.build(ctx, group, filepath.Join(b.dir, "shop-x"), lock); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	onlyLocks(t, dir)
}

func TestTwoBuildsAtOnce(t *testing.T) {
	dir := t.TempDir()
	// What a killed build left must not get in the way.
	if err := os.MkdirAll(filepath.Join(dir, "sandbox", "shop.tmp", "programs", "junk"), 0o755); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var dirs [3]map[string]string
	for i := range dirs {
		wg.Go(func() {
			var err error
			if dirs[i], err = newBuilder(t, dir, shopModule(goodMain)).Build(t.Context(), provisioner.Quiet{}, "shop"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(dirs[0], dirs[1]); diff != "" {
		t.Error(diff)
	}
	if entries, err := os.ReadDir(dirs[0]["shop"]); err != nil || len(entries) != 1 {
		t.Errorf("programs %v, %v", entries, err)
	}
}

// onlyLocks wants nothing in the cache but locks.
func onlyLocks(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "sandbox"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".lock" {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

// TestGroupsFitTheModules wants a module for every group, a group for every
// module, and every version that a program is to report.
func TestGroupsFitTheModules(t *testing.T) {
	all, err := modules.Modules()
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := fs.Glob(all, "*/go.mod")
	if err != nil || len(manifests) != len(Groups()) {
		t.Errorf("%d groups for the modules %v, %v", len(Groups()), manifests, err)
	}
	for _, g := range Groups() {
		module, err := fs.Sub(all, g.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range g.Programs {
			if _, err := p.variables(module); err != nil {
				t.Errorf("%s of %s: %v", p.Name, g.Name, err)
			}
		}
	}
}

func TestUnknownGroup(t *testing.T) {
	if _, err := newBuilder(t, t.TempDir(), fstest.MapFS{}).Build(t.Context(), provisioner.Quiet{}, "none"); err == nil {
		t.Error("no error")
	}
}

// TestGroupsAreBuiltAtOnce builds two groups, the longer one first, and ends the
// other one when the longer one fails.
func TestGroupsAreBuiltAtOnce(t *testing.T) {
	files := fstest.MapFS{
		"shop/go.mod":     {Data: []byte("module example.com/shop\n\ngo 1.26\n")},
		"shop/main.go":    {Data: []byte(goodMain)},
		"coredns/go.mod":  {Data: []byte("module example.com/coredns\n\ngo 1.26\n")},
		"coredns/main.go": {Data: []byte(goodMain)},
	}
	p := &steps{}
	dirs, err := newBuilder(t, t.TempDir(), files).Build(t.Context(), p, "shop", "coredns")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"shop", "coredns"} {
		if _, err := os.Stat(filepath.Join(dirs[name], name)); err != nil {
			t.Error(err)
		}
	}
	if len(p.lines) != 4 || strings.HasPrefix(p.lines[1], "-") {
		t.Errorf("they were not built at once: %v", p.lines)
	}
	files["coredns/main.go"] = &fstest.MapFile{Data: []byte(badMain)}
	dir := t.TempDir()
	if _, err := newBuilder(t, dir, files).Build(t.Context(), p, "shop", "coredns"); err == nil || !strings.Contains(err.Error(), "undefinedName") {
		t.Errorf("error %v, want the compiler's", err)
	}
}

func TestNamesOfTheGoCommand(t *testing.T) {
	for pkg, want := range map[string]string{
		".": "shop", "./pause": "pause", "go.etcd.io/etcd/server/v3": "server", "example.com/cmd/ctr": "ctr", "example.com/volume": "volume",
	} {
		if got := (Program{Name: "shop", Package: pkg}).built(); got != want {
			t.Errorf("package %s is built as %s, want %s", pkg, got, want)
		}
	}
}
