package provisioner_test

import (
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// TestForgedKubeconfig: an event cannot make the server read a kubeconfig that none of its
// own files names, also where requests may name the driver.
func TestForgedKubeconfig(t *testing.T) {
	t.Parallel()
	driver := newFolder(t.TempDir())
	r := newRig(t, driver, func(c *provisioner.Config) { c.Drivers = append(c.Drivers, provisioner.DriverExisting) })
	for _, path := range []string{"/etc/shadow", "/home/me/.kube/config"} {
		r.create(t, document(func(d *provisioner.Document) {
			d.Spec = provisioner.Spec{Driver: provisioner.DriverExisting, Existing: &provisioner.Existing{Kubeconfig: path}}
		}))
		r.failed(t, "create", events.KindRefused, "in no file of this server")
	}
}
