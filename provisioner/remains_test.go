package provisioner_test

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// TestWhatRemainsIsKnown: a create that fails and cannot be undone says that something
// remains, also when the driver says that nothing does, and the next request
// knows it for the service's own: it begins anew.
func TestWhatRemainsIsKnown(t *testing.T) {
	t.Parallel()
	for name, keeps := range map[string]func() (bool, error){
		"the undo fails":           func() (bool, error) { return false, errors.New("busy") },
		"the undo removes nothing": func() (bool, error) { return true, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver := newFolder(t.TempDir())
			var works atomic.Bool
			driver.half = func(context.Context) error {
				if works.Load() {
					return nil
				}
				return errors.New("boom")
			}
			driver.keeps = func() (bool, error) {
				if works.Load() {
					return false, nil
				}
				return keeps()
			}
			r := newRig(t, driver)
			r.create(t, document(func(*provisioner.Document) {}))
			if f := r.failed(t, "create", events.KindPartial, "boom"); !f.Remains {
				t.Errorf("nothing remains: %+v", f)
			}
			works.Store(true)
			r.create(t, document(func(*provisioner.Document) {}))
			eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, nil)
		})
	}
}

// TestFalseDestroy: a destroy after which the cluster is still there has failed.
func TestFalseDestroy(t *testing.T) {
	t.Parallel()
	driver := newFolder(t.TempDir())
	driver.keeps = func() (bool, error) { return true, nil }
	r := newRig(t, driver)
	r.create(t, document(func(*provisioner.Document) {}))
	eventstest.Expect(t, r.events, patience, events.ClusterReadyTopic, nil)
	r.destroy(t, "demo")
	if f := r.failed(t, "destroy", events.KindPartial, "demo is still there"); !f.Remains {
		t.Errorf("nothing remains: %+v", f)
	}
}

// begun notes that a request began to make demo, as a server leaves it that is killed
// right after.
func (r rig) begun(t *testing.T) {
	t.Helper()
	kv, err := r.bus.KV(t.Context(), events.Bucket{Name: "provisioner_begun"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Create(t.Context(), "demo", []byte(`{"event":"x"}`)); err != nil {
		t.Fatal(err)
	}
}

// TestMarkerGoesWithTheCluster: once it is proved that nothing of a begun cluster is
// left, or that it is whole, what is half made later under its name is not the service's.
func TestMarkerGoesWithTheCluster(t *testing.T) {
	t.Parallel()
	for name, prove := range map[string]func(*testing.T, rig, *folder){
		"a destroy that finds nothing": func(t *testing.T, r rig, _ *folder) {
			r.destroy(t, "demo")
			r.failed(t, "destroy", events.KindNotFound, "does not exist")
		},
		"a create that is refused beside a whole one": func(t *testing.T, r rig, f *folder) {
			write(t, f, string(provisioner.StateReady))
			r.create(t, document(func(d *provisioner.Document) { d.Spec.Nodes = 5 }))
			r.failed(t, "create", events.KindRefused, "exists with 3 nodes, not 5")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver := newFolder(t.TempDir())
			r := newRig(t, driver)
			r.begun(t)
			prove(t, r, driver)
			write(t, driver, "")
			r.create(t, document(func(*provisioner.Document) {}))
			r.failed(t, "create", events.KindRefused, "cannot be used: half made")
			if n := driver.destroyed.Load(); n != 0 {
				t.Errorf("%d clusters of somebody else were destroyed", n)
			}
		})
	}
}

// TestRefusedBesideRemains: a request that is refused says what an earlier one has left.
func TestRefusedBesideRemains(t *testing.T) {
	t.Parallel()
	driver := newFolder(t.TempDir())
	r := newRig(t, driver, func(c *provisioner.Config) { c.MaxClusters = 0 })
	r.begun(t)
	write(t, driver, "")
	r.create(t, document(func(*provisioner.Document) {}))
	if f := r.failed(t, "create", events.KindRefused, "at most 0 are allowed"); !f.Remains {
		t.Errorf("nothing remains: %+v", f)
	}
}

// write makes demo by somebody else's hand.
func write(t *testing.T, f *folder, state string) {
	t.Helper()
	if err := os.WriteFile(f.path("demo"), []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
}
