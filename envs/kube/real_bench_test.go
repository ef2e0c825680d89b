//go:build real

package kube_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// rounds of the comparison; an odd number has a median.
const rounds = 5

// TestAsFastAsKubectl compares the time from the request to "ready" with that of
// kubectl apply and rollout status for the same objects, turn by turn.
func TestAsFastAsKubectl(t *testing.T) {
	s := newSuite(t)
	var ours, theirs []time.Duration
	var names []string
	for i := range rounds {
		one, two := fmt.Sprint(s.name, "-a", i), fmt.Sprint(s.name, "-b", i)
		names = append(names, one, two)
		ours = append(ours, s.timeOurs(one))
		theirs = append(theirs, s.timeKubectl(two))
	}
	s.remove(names...)
	a, b := report("shakedown", ours), report("kubectl", theirs)
	t.Logf("ours %v, kubectl %v, ratio %.2f", ours, theirs, a.Seconds()/b.Seconds())
	if a.Seconds() > 1.2*b.Seconds() {
		t.Errorf("the median is %s, more than 1.2 times kubectl's %s", a, b)
	}
}

// report prints a benchmark's line for each round and returns the median.
func report(name string, took []time.Duration) time.Duration {
	for _, d := range took {
		_, _ = fmt.Fprintf(os.Stdout, "BenchmarkEnvironmentReady/%s-%d\t1\t%d ns/op\n", name, runtime.GOMAXPROCS(0), d.Nanoseconds())
	}
	return slices.Sorted(slices.Values(took))[len(took)/2]
}

func (s *suite) timeOurs(name string) time.Duration {
	s.t.Helper()
	begin := time.Now()
	want(s.t, events.EnvironmentReadyTopic, s.create(shop(name)))
	return time.Since(begin)
}

func (s *suite) timeKubectl(name string) time.Duration {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "all.json")
	var all bytes.Buffer
	for _, o := range shop(name).WithDefaults().Objects(envs.Origin{Installation: installation}, "now") {
		all.Write(o.Manifest)
		all.WriteByte('\n')
	}
	if err := os.WriteFile(file, all.Bytes(), 0o600); err != nil {
		s.t.Fatal(err)
	}
	begin := time.Now()
	s.kubectl("apply", "-f", file)
	for _, component := range []string{"api", "cart", "web"} {
		s.kubectl("rollout", "status", "-n", name, "deployment/"+component)
	}
	return time.Since(begin)
}

func (s *suite) kubectl(args ...string) {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), "kubectl", append([]string{"--kubeconfig", kubeconfig(s.t)}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// maxIdle is what the whole server may hold in memory when it has nothing to do.
const maxIdle = 64 << 10 // KiB

// TestIdleMemory measures a server, the bus included, after it has worked.
func TestIdleMemory(t *testing.T) {
	s := newSuite(t)
	dir := t.TempDir()
	pid, kill := startChild(t, dir)
	defer kill()
	bus := connect(t, dir)
	defer func() {
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	}()
	want(t, events.EnvironmentReadyTopic, outcome(t, bus, ask(t, bus, s.shop())))
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	rss := 0
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmRSS") || strings.HasPrefix(line, "Rss") {
			t.Log(strings.Join(strings.Fields(line), " "))
		}
		_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &rss)
	}
	if rss == 0 || rss > maxIdle {
		t.Errorf("%d KiB resident, want at most %d", rss, maxIdle)
	}
}
