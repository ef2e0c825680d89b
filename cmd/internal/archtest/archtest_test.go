package archtest

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/internal/golden"
)

const root = "../../.."

func TestArrowsAreAllowed(t *testing.T) {
	packages, err := list(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	for _, violation := range check(rules(), packages) {
		t.Error(violation)
	}
}

func TestArchitectureIsFresh(t *testing.T) {
	packages, err := list(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	golden.Block(t, root+"/ARCHITECTURE.md", "<!-- arrows: begin", "<!-- arrows: end", render(packages))
}

// refusedImport is a package that imports what it must not.
type refusedImport struct {
	name string
	p    pkg
	want string
}

func refusedImports() []refusedImport {
	return []refusedImport{
		{"service imports service", pkg{path: "chaos", own: []string{"envs"}}, "chaos must not import envs"},
		{"service imports an adapter of its own", pkg{path: "chaos", own: []string{"chaos/kube"}}, "chaos must not import chaos/kube"},
		{"service imports an SDK", pkg{path: "chaos", foreign: []string{"k8s.io/api/core/v1"}}, "chaos must not import k8s.io/api/core/v1"},
		{"adapter imports another service", pkg{path: "chaos/kube", own: []string{"envs"}}, "chaos/kube must not import envs"},
		{"adapter imports a second SDK", pkg{path: "chaos/kube", foreign: []string{"github.com/spf13/cobra"}}, "chaos/kube must not import github.com/spf13/cobra"},
		{"vocabulary imports a library", pkg{path: "events", foreign: []string{"github.com/google/uuid"}}, "events must not import github.com/google/uuid"},
		{"vocabulary imports a service", pkg{path: "events", own: []string{"chaos"}}, "events must not import chaos"},
		{"main imports a service", pkg{path: "cmd/shakedown", own: []string{"chaos"}}, "cmd/shakedown must not import chaos"},
		{"code imports a test helper", pkg{path: "cmd/internal/app", own: []string{"internal/golden"}}, "it is for tests"},
		{"test imports another service", pkg{path: "chaos", testOwn: []string{"envs"}}, "the test of chaos must not import envs"},
		{"code imports a conformance suite", pkg{path: "cmd/internal/app", own: []string{"provisioner/provisionertest"}}, "it is for tests"},
		{"test imports another's suite", pkg{path: "envs", testOwn: []string{"chaos/chaostest"}}, "the test of envs must not import chaos/chaostest"},
		{"a name that only begins alike", pkg{path: "chaos", foreign: []string{"github.com/prometheus/client_golang_x"}}, "must not import"},
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, tc := range refusedImports() {
		t.Run(tc.name, func(t *testing.T) {
			got := check(rules(), []pkg{tc.p})
			if !strings.Contains(got[0], tc.want) {
				t.Errorf("got %q, want it to contain %q", got[0], tc.want)
			}
		})
	}
}

func TestCheckAllows(t *testing.T) {
	packages := []pkg{
		{path: "chaos", own: []string{"events"}, testOwn: []string{"events/natsbus", "internal/golden"}, testForeign: []string{"github.com/google/go-cmp/cmp"}},
		{path: "chaos/chaostest", own: []string{"events", "chaos"}, foreign: []string{"github.com/google/go-cmp/cmp"}},
		{path: "chaos/kube", testOwn: []string{"chaos/chaostest"}},
		{path: "chaos/kube", own: []string{"events", "chaos"}, foreign: []string{"k8s.io/api/core/v1"}},
		{path: "cmd/internal/app", own: []string{"chaos", "chaos/kube"}, foreign: []string{"github.com/spf13/cobra"}},
		{path: "cmd/shakedown", own: []string{"cmd/internal/cli"}},
	}
	var refusals []string
	for _, v := range check(rules(), packages) {
		if !strings.Contains(v, "is stale") {
			refusals = append(refusals, v)
		}
	}
	if diff := cmp.Diff([]string(nil), refusals); diff != "" {
		t.Error(diff)
	}
}

func TestStaleRowsAreTold(t *testing.T) {
	got := check([]rule{{packages: "gone"}}, []pkg{{path: "here"}})
	want := []string{"here has no row in the table", "the row for gone is stale: no package fits it"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRender(t *testing.T) {
	got := string(render([]pkg{
		{path: "chaos/kube", own: []string{"events", "chaos"}, foreign: []string{"k8s.io/api/core/v1", "k8s.io/api/apps/v1"}},
		{path: "events"},
	}))
	want := "```\nchaos/kube -> chaos, events, [k8s.io/api]\nevents     -> standard library\n```\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestContributingNamesFiles: the files that the example of a service names are there.
func TestContributingNamesFiles(t *testing.T) {
	text, err := os.ReadFile(root + "/CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## Add a service")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| `.*").FindAllString(section, -1)
	if len(rows) < 5 {
		t.Errorf("only %d rows were found", len(rows))
	}
	for _, row := range rows {
		for _, file := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(strings.Split(row, "|")[1], -1) {
			if _, err := os.Stat(root + "/" + file[1]); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestBinaryBringsZones: schedules have zones, and a container may have no zone data.
func TestBinaryBringsZones(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/shakedown")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(strings.Fields(string(out)), "time/tzdata") {
		t.Error("the binary has no zone data of its own")
	}
}
