package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// feature is something of the kernel, tried out in namespaces of its own.
type feature struct {
	name, hint string
	commands   []string
}

// features are what a sandbox needs of the kernel.
func features() []feature {
	return []feature{
		{"namespaces", "the kernel or the container around this shell forbids namespaces; run on a machine or a privileged container", []string{"true"}},
		{"veth", "modprobe veth", []string{"ip", "link", "add", "test0", "type", "veth", "peer", "name", "test1"}},
		{"bridge", "modprobe bridge", []string{"ip", "link", "add", "test0", "type", "bridge"}},
		{"nftables", "modprobe nf_tables", []string{"nft", "add", "table", "ip", "shakedown"}},
	}
}

// check tries the feature out.
func (f feature) check(ctx context.Context) provisioner.Check {
	args := append([]string{"--mount", "--pid", "--fork", "--net", "--uts", "--ipc", "--cgroup", "--"}, f.commands...)
	out, err := exec.CommandContext(ctx, "unshare", args...).CombinedOutput()
	c := provisioner.Check{Name: f.name, OK: err == nil, Found: "works"}
	if err != nil {
		c.Found, c.Hint = strings.TrimSpace(fmt.Sprintf("%v: %s", err, out)), f.hint
	}
	return c
}

// checkOverlay wants the file system of containers, as far as it can be seen
// without making a directory: the kernel lists it or can load it.
func checkOverlay(ctx context.Context) provisioner.Check {
	c := provisioner.Check{Name: "overlayfs", OK: true, Found: "works"}
	raw, err := os.ReadFile("/proc/filesystems")
	if err == nil && strings.Contains(string(raw), "\toverlay\n") {
		return c
	}
	if exec.CommandContext(ctx, "modprobe", "--dry-run", "overlay").Run() == nil {
		return c
	}
	c.OK, c.Found, c.Hint = false, "unknown to the kernel", "modprobe overlay"
	return c
}
