package archtest

import (
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sourcesOf(t *testing.T) []source {
	t.Helper()
	sources, err := tree(root)
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// TestNewReadersWork counts the files that one more fault kind, probe kind, guard or
// service would touch, by those that are there.
func TestNewReadersWork(t *testing.T) {
	sources := sourcesOf(t)
	for what, list := range map[string][]work{
		"fault kinds": faultKinds(sources), "probe kinds": probeKinds(sources), "guards": guards(sources), "services": services(sources),
	} {
		if len(list) == 0 {
			t.Errorf("no %s were found", what)
		}
		for _, w := range list {
			t.Logf("%s: %d files: %s", w.what, len(w.files), strings.Join(w.files, ", "))
			if len(w.files) == 0 {
				t.Errorf("%s is named by no file", w.what)
			}
			if broken := w.excess(); broken != "" {
				t.Error(broken)
			}
		}
	}
}

// TestOnlyTheQueueReckonsWithLeases finds what would be a second queue.
func TestOnlyTheQueueReckonsWithLeases(t *testing.T) {
	for _, found := range leaseArithmetic(sourcesOf(t)) {
		t.Error(found)
	}
}

// TestSizes holds files and functions, tests included, against the bounds.
func TestSizes(t *testing.T) {
	sources := sourcesOf(t)
	f := measure(sources)
	t.Logf("%d files, median %d lines; %d functions, median %d lines, nine of ten up to %d", f.files, f.fileMedian, f.functions, f.median, f.p90)
	for _, broken := range f.excess() {
		t.Error(broken)
	}
	code := measure(slices.DeleteFunc(sources, source.isTest))
	t.Logf("without tests: %d files, median %d lines; %d functions, median %d lines, nine of ten up to %d",
		code.files, code.fileMedian, code.functions, code.median, code.p90)
	for _, broken := range code.excess() {
		t.Error("without tests: " + broken)
	}
}

// code is a file with the text.
func code(t *testing.T, path, text string) source {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	return source{path: path, lines: strings.Count(text, "\n"), set: set, file: file}
}

// TestKindsAreCounted counts in a small tree, with a file that knows too much.
func TestKindsAreCounted(t *testing.T) {
	sources := []source{
		code(t, "chaos/pod/kill.go", `package pod; const KillName = "pod-kill"; func newKill() chaos.Kind { return nil }`),
		code(t, "chaos/pod/kinds.go", `package pod; func Kinds() []chaos.Kind { return []chaos.Kind{newKill()} }`),
		code(t, "chaos/pod/kill_test.go", `package pod; var _ = KillName`),
		code(t, "envs/knows.go", `package envs; import "github.com/shakedown-dev/shakedown/chaos/pod"; var _ = pod.KillName`),
		code(t, "datamove/knows.go", `package datamove; var _ = "pod-kill"`),
		code(t, "dns/other.go", `package dns; var _ = other.KillName // pod-kill`),
	}
	got := faultKinds(sources)
	want := []work{{"the fault kind pod-kill", []string{"chaos/pod/kill.go", "chaos/pod/kinds.go", "envs/knows.go", "datamove/knows.go"}, 2}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(work{})); diff != "" {
		t.Error(diff)
	}
	if got[0].excess() == "" {
		t.Error("four files are not too many")
	}
}

func TestLeaseArithmeticIsFound(t *testing.T) {
	for text, want := range map[string]bool{
		`package x; type row struct { Lease events.Lease }`:             true,
		`package x; func f(r row) bool { return now.After(r.Expires) }`: true,
		`package x; func f(r row) { r.Expires = now }`:                  true,
		`package x; func f(r row) { _ = r.Lease.Expires.Sub(now) }`:     true,
		`package x; type Lease struct{}`:                                true,
		`package x; func f(r work.Row) int { return r.Lease.Epoch }`:    false,
	} {
		if found := leaseArithmetic([]source{code(t, "envs/x.go", text)}); len(found) > 0 != want {
			t.Errorf("%s: found %v", text, found)
		}
		if found := leaseArithmetic([]source{code(t, "events/work/x.go", text), code(t, "envs/x_test.go", text)}); len(found) > 0 {
			t.Errorf("%s: found %v where it is allowed", text, found)
		}
	}
}

func TestQuantile(t *testing.T) {
	ten := []int{10, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	if got := []int{quantile(ten, 50), quantile(ten, 90), quantile(ten, 100), quantile(nil, 50)}; !slices.Equal(got, []int{5, 9, 10, 0}) {
		t.Errorf("got %v", got)
	}
}
