package sandbox

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox/build"
	modules "github.com/shakedown-dev/shakedown/sandbox"
)

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

// TestUnreadableRecord wants a sandbox whose record is broken shown as that, and
// destroyed by its name.
func TestUnreadableRecord(t *testing.T) {
	d := newDriver(t)
	l := newLayout(d.dataDir, "demo")
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.record(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := d.Show(t.Context(), "demo")
	if err != nil || s.State != provisioner.StateBroken || !strings.Contains(s.Reason, "cannot be read") {
		t.Errorf("shown as %+v, %v", s, err)
	}
	if err := d.Destroy(t.Context(), "demo", provisioner.Quiet{}); err != nil {
		t.Fatal(err)
	}
	if list, err := d.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("list %v, %v", list, err)
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
