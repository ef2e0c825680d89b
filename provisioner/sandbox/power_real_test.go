//go:build real

package sandbox

import (
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// power switches a node off and on again.
func (r *rig) power(t *testing.T) {
	name := workerName(r.name, 1)
	group := newLayout(r.driver.dataDir, r.name).machineCgroup(name)
	if len(members(t, group)) == 0 {
		t.Fatal("nothing runs on the node")
	}
	began := time.Now()
	if err := r.driver.PowerOff(t.Context(), r.name, name); err != nil {
		t.Fatal(err)
	}
	t.Logf("off after %s", time.Since(began).Round(time.Millisecond))
	if left := members(t, group); len(left) > 0 {
		t.Errorf("still running on the node: %v", left)
	}
	eventually(t, "the node is missed", func() bool { return r.ready(t, name) != "True" })
	t.Logf("missed after %s", time.Since(began).Round(time.Second))
	status, err := r.driver.Show(t.Context(), r.name)
	if err != nil || status.State != provisioner.StateDegraded || status.Nodes[1].Powered {
		t.Errorf("status %+v, %v", status, err)
	}
	began = time.Now()
	if err := r.driver.PowerOn(t.Context(), r.name, name); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the node is back", func() bool { return r.ready(t, name) == "True" })
	t.Logf("Ready %s after it was switched on", time.Since(began).Round(100*time.Millisecond))
	r.run(t, "rollout", "status", "daemonset/echo", "--timeout=120s")
	t.Logf("its pod Ready %s after it was switched on", time.Since(began).Round(100*time.Millisecond))
	eventually(t, "its container was restarted", func() bool {
		return strings.TrimSpace(r.run(t, "get", "pods", "-l", "app=echo", "--field-selector=spec.nodeName="+name,
			"-o", "jsonpath={.items[0].status.containerStatuses[0].restartCount}")) == "1"
	})
	t.Logf("its container restarted %s after it was switched on", time.Since(began).Round(100*time.Millisecond))
	r.services(t)
	t.Logf("everything reached %s after it was switched on", time.Since(began).Round(100*time.Millisecond))
}
