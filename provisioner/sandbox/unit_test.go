package sandbox

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox/build"
	modules "github.com/shakedown-dev/shakedown/sandbox"
)

func TestAddressesDoNotOverlap(t *testing.T) {
	s := subnet(64)
	seen := map[netip.Addr]bool{}
	ranges := []netip.Prefix{s.services()}
	for _, a := range []netip.Addr{s.host(), s.control(), s.metrics()} {
		seen[a] = true
	}
	for i := range provisioner.MaxNodes {
		a := s.worker(i)
		if seen[a] || a.As4()[2] != 0 {
			t.Errorf("address %s of worker %d is taken", a, i)
		}
		seen[a] = true
		for _, r := range ranges {
			if r.Overlaps(s.podsOf(i)) {
				t.Errorf("pods of worker %d: %s overlaps %s", i, s.podsOf(i), r)
			}
		}
		if !s.pods().Contains(s.podsOf(i).Addr()) {
			t.Errorf("pods of worker %d: %s outside of %s", i, s.podsOf(i), s.pods())
		}
		ranges = append(ranges, s.podsOf(i))
	}
}

func TestFreeSubnet(t *testing.T) {
	all := func(from, to int) []netip.Prefix {
		var taken []netip.Prefix
		for i := from; i <= to; i++ {
			taken = append(taken, subnet(i).all())
		}
		return taken
	}
	for _, test := range []struct {
		name  string
		taken []netip.Prefix
		want  subnet
		ok    bool
	}{
		{"nothing taken", nil, 64, true},
		{"other networks", []netip.Prefix{netip.MustParsePrefix("192.168.0.0/16")}, 64, true},
		{"the first taken", all(64, 64), 65, true},
		{"a part of it taken", []netip.Prefix{netip.MustParsePrefix("10.64.3.0/24")}, 65, true},
		{"half taken at once", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/9")}, 128, true},
		{"all of 10 taken", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, 0, false},
		{"all but the last", all(64, 253), 254, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := freeSubnet(test.taken)
			if got != test.want || (err == nil) != test.ok {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
}

func TestParseRoute(t *testing.T) {
	for _, test := range []struct{ name, line, want string }{
		{"a network", "sd-1 0000400A 00000000 0001 0 0 0 00FFFFFF 0 0 0", "10.64.0.0/24"},
		{"through a gateway", "sd-1 0010400A 0200400A 0003 0 0 0 00F0FFFF 0 0 0", "10.64.16.0/20"},
		{"the default route", "eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0", ""},
		{"the title", "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT", ""},
		{"nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := parseRoute(test.line)
			if ok != (test.want != "") || ok && got.String() != test.want {
				t.Errorf("got %s, %v", got, ok)
			}
		})
	}
}

func FuzzParseRoute(f *testing.F) {
	f.Add("sd-1 0000400A 00000000 0001 0 0 0 00FFFFFF 0 0 0")
	f.Fuzz(func(t *testing.T, line string) {
		if p, ok := parseRoute(line); ok && !p.IsValid() {
			t.Errorf("%q is the network %s", line, p)
		}
	})
}

func TestNamesFollowFromTheDirectory(t *testing.T) {
	a, b := newLayout("/a", "demo"), newLayout("/b", "demo")
	if a.hostLink() == b.hostLink() || a.cgroup() == b.cgroup() || a.hostLink() != newLayout("/a", "demo").hostLink() {
		t.Errorf("links %s and %s", a.hostLink(), b.hostLink())
	}
	const longestInterface = 15
	if len(a.hostLink()) > longestInterface {
		t.Errorf("%s is too long for an interface", a.hostLink())
	}
	if got := providerID("demo-1", "us-east-1a"); got != "aws:///us-east-1a/i-6b01c344dbe5827be" {
		t.Errorf("provider id %s", got)
	}
}

func TestCertificates(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a, err := newCredentials("demo", now)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := a.issue(subject{name: "n", groups: []string{"g"}, dns: []string{"kubernetes"}, ips: []netip.Addr{subnet(64).control()}})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(pair.cert)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.pem)
	for _, name := range []string{"kubernetes", "10.64.0.2"} {
		_, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: now})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	other, err := newCredentials("demo", now)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(other.pem)
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now}); err == nil {
		t.Error("another sandbox's authority vouches for it")
	}
}

// testRecord is a sandbox of two nodes.
func testRecord() *record {
	return &record{Name: "demo", Subnet: 64, Nodes: newNodes("demo", 64, 2), Tools: map[string]string{}}
}

func TestMachinesKnowTheWayToEachOther(t *testing.T) {
	c, l := testRecord(), newLayout("/data", "demo")
	want := network{
		Address: "10.64.0.12/24", Uplink: "/data/clusters/demo/machines/demo-control", Port: "port2",
		Routes: []route{{Network: "10.64.128.0/24", Via: "10.64.0.11"}},
	}
	if diff := cmp.Diff(want, workerSpec(c, l, 1).Network); diff != "" {
		t.Errorf("network of the second worker (-want +got):\n%s", diff)
	}
	pods := []route{{Network: "10.64.128.0/24", Via: "10.64.0.11"}, {Network: "10.64.129.0/24", Via: "10.64.0.12"}}
	want = network{Address: "10.64.0.2/24", Routes: pods, Switch: &switchSpec{
		HostLink: l.hostLink(), HostAddress: "10.64.0.1/24",
		HostRoutes: append([]route{{Network: "10.64.16.0/20", Via: "10.64.0.2"}}, pods...),
	}}
	if diff := cmp.Diff(want, controlSpec(c, l).Network); diff != "" {
		t.Errorf("network of the control plane (-want +got):\n%s", diff)
	}
}

func TestConfigurationFilesAreJSON(t *testing.T) {
	c := testRecord()
	a, err := newCredentials("demo", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	control, err := controlFiles(c, a)
	if err != nil {
		t.Fatal(err)
	}
	worker, err := workerFiles(c, a, c.Nodes[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []files{control, worker} {
		for path, content := range f {
			if ext := filepath.Ext(path); (ext == ".json" || ext == ".kubeconfig" || ext == ".conflist") && !json.Valid(content) {
				t.Errorf("%s is no JSON:\n%s", path, content)
			}
		}
	}
	if _, ok := worker[kubeDir+"ca.key"]; ok {
		t.Error("a worker has the key of the authority")
	}
}

func TestFilesWithKeysAreSecret(t *testing.T) {
	dir := t.TempDir()
	f := files{kubeDir + "ca.key": []byte("secret"), "/etc/hosts": []byte("open")}
	if err := f.write(dir); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{kubeDir + "ca.key": 0o600, "/etc/hosts": 0o644} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestImageIsWhole(t *testing.T) {
	dir := t.TempDir()
	program, path := filepath.Join(dir, "pause"), filepath.Join(dir, "pause.tar")
	if err := os.WriteFile(program, []byte("program"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writePauseImage(path, program); err != nil {
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

func TestProcessesAreTellableApart(t *testing.T) {
	start, state, err := processState(os.Getpid())
	if err != nil || state == 'Z' {
		t.Fatal(state, err)
	}
	self := recorded{PID: os.Getpid(), Start: start}
	if !self.alive() {
		t.Error("this process does not run")
	}
	reused := recorded{PID: self.PID, Start: start - 1}
	if reused.alive() {
		t.Error("a process that was started later counts as the recorded one")
	}
	if err := reused.kill(t.Context()); err != nil {
		t.Error(err)
	}
	if err := (recorded{}).kill(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLocksExcludeAndAreDropped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clusters", "demo.lock")
	first, err := lockFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := lockFile(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second lock: %v", err)
	}
	if err := dropLock(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("a lock that is held was dropped: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := dropLock(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the lock is still there")
	}
}

func TestHostLockExcludes(t *testing.T) {
	held, err := lockHost(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := lockHost(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second lock: %v", err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
}

// newDriver is a driver with nothing in its data directory.
func newDriver(t *testing.T) *Driver {
	t.Helper()
	d, err := New(Config{DataDir: t.TempDir(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestUnknownClusters(t *testing.T) {
	d := newDriver(t)
	_, show := d.Show(t.Context(), "none")
	_, kubeconfig := d.Kubeconfig(t.Context(), "none")
	_, prometheus := d.StartPrometheus(t.Context(), "none", PrometheusOptions{})
	for what, err := range map[string]error{
		"show": show, "kubeconfig": kubeconfig, "prometheus": prometheus,
		"destroy": d.Destroy(t.Context(), "none", provisioner.Quiet{}),
		"off":     d.PowerOff(t.Context(), "none", "none-1"),
		"on":      d.PowerOn(t.Context(), "none", "none-1"),
		"load":    d.LoadImage(t.Context(), "none", "image.tar"),
	} {
		var e *events.Error
		if !errors.As(err, &e) || e.Kind != events.KindNotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	if list, err := d.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("list %v, %v", list, err)
	}
	if entries, err := os.ReadDir(d.dataDir); err != nil || len(entries) != 0 {
		t.Errorf("something was made: %v, %v", entries, err)
	}
}

func TestHalfMadeClusters(t *testing.T) {
	d := newDriver(t)
	c := testRecord()
	c.State = stateCreating
	if err := c.save(newLayout(d.dataDir, "demo").record()); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(newLayout(d.dataDir, "empty").dir, 0o700); err != nil {
		t.Fatal(err)
	}
	list, err := d.List(t.Context())
	if err != nil || len(list) != 2 || list[0].State != provisioner.StateBroken || list[1].State != provisioner.StateBroken {
		t.Errorf("list %+v, %v", list, err)
	}
	for _, err := range []error{
		d.PowerOff(t.Context(), "demo", "demo-1"),
		func() error { _, err := d.StartPrometheus(t.Context(), "demo", PrometheusOptions{}); return err }(),
		func() error { _, err := d.Kubeconfig(t.Context(), "demo"); return err }(),
	} {
		if err == nil || !strings.Contains(err.Error(), "half made") {
			t.Errorf("error %v", err)
		}
	}
	promised, err := d.promised()
	if diff := cmp.Diff([]subnet{64}, promised); err != nil || diff != "" {
		t.Errorf("promised networks: %v\n%s", err, diff)
	}
}

func TestChecks(t *testing.T) {
	for _, test := range []struct {
		name string
		got  provisioner.Check
		ok   bool
		hint string
	}{
		{"linux", checkSystem("linux"), true, ""},
		{"another system", checkSystem("darwin"), false, "Linux"},
		{"root", checkRoot(0), true, ""},
		{"a user", checkRoot(1000), false, "root"},
		{"a program that is not there", checkProgram(program{"no-such-program", "package", "services"}), false, "apt-get install package"},
		{"no Kubernetes asked for", checkVersion(provisioner.Document{}), true, ""},
		{"another Kubernetes", checkVersion(provisioner.Document{Spec: provisioner.Spec{Kubernetes: provisioner.Kubernetes{Version: "v1.20.0"}}}), false, KubernetesVersion},
		{"more watchers than there are", checkWatchers(1 << 40), false, "fs.inotify.max_user_instances"},
		{"a directory that is not there yet", checkSpace("/no/such/directory"), true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.got.OK != test.ok || !test.ok && !strings.Contains(test.got.Hint, test.hint) || test.got.Found == "" {
				t.Errorf("got %+v", test.got)
			}
		})
	}
}

// TestVersionIsTheOneThatIsBuilt compares what is promised with what is pinned.
func TestVersionIsTheOneThatIsBuilt(t *testing.T) {
	all, err := modules.Modules()
	if err != nil {
		t.Fatal(err)
	}
	module, err := fs.Sub(all, groupKubernetes)
	if err != nil {
		t.Fatal(err)
	}
	got, err := build.Required(module, "k8s.io/kubernetes")
	if err != nil || got != KubernetesVersion {
		t.Errorf("the module pins %s, %v; the driver promises %s", got, err, KubernetesVersion)
	}
}

func TestRemoveTree(t *testing.T) {
	top := filepath.Join(t.TempDir(), "group")
	if err := os.MkdirAll(filepath.Join(top, "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	gone, err := removeTree(top)
	if _, missing := os.Stat(top); !gone || err != nil || missing == nil {
		t.Errorf("gone %v, %v", gone, err)
	}
	if gone, err := removeTree(top); !gone || err != nil {
		t.Errorf("again: gone %v, %v", gone, err)
	}
}

func TestCheckUnified(t *testing.T) {
	const all = "cpuset cpu io memory pids"
	for _, test := range []struct {
		name, found string
		files       map[string]string
	}{
		{"machine", "version 2", map[string]string{"cgroup.controllers": all, "cgroup.procs": "1\n"}},
		{"tidy container", "version 2", map[string]string{"cgroup.controllers": all, "cgroup.type": "domain", "cgroup.procs": ""}},
		{"container", "version 2, with processes in the root group of a container", map[string]string{
			"cgroup.controllers": all, "cgroup.type": "domain", "cgroup.procs": "1\n",
		}},
		{"nothing handed down", "version 2 without cpuset, memory", map[string]string{"cgroup.controllers": "cpu pids"}},
		{"version 1", "1 hierarchy of version 1", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range test.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c := checkUnified(dir)
			if c.Found != test.found || c.OK != (c.Hint == "") {
				t.Errorf("got %+v, want %q", c, test.found)
			}
		})
	}
}
