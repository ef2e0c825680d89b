package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// Check implements provisioner.Driver: it tests what a sandbox needs of this
// machine by using it, in namespaces that end with the test.
func (d *Driver) Check(ctx context.Context, doc provisioner.Document) []provisioner.Check {
	checks := []provisioner.Check{checkSystem(runtime.GOOS), checkRoot(os.Geteuid()), checkVersion(doc)}
	for _, program := range programs() {
		checks = append(checks, checkProgram(program))
	}
	if failed(checks) {
		// The rest would only say the same again.
		return checks
	}
	for _, feature := range features() {
		checks = append(checks, feature.check(ctx))
	}
	return append(checks, checkOverlay(ctx), checkCgroups(), checkWatchers(doc.Spec.Nodes), checkSpace(d.dataDir))
}

// failed reports whether a check did.
func failed(checks []provisioner.Check) bool {
	for _, c := range checks {
		if !c.OK {
			return true
		}
	}
	return false
}

// checkSystem wants Linux.
func checkSystem(goos string) provisioner.Check {
	return provisioner.Check{Name: "system", OK: goos == "linux", Found: goos, Hint: "a sandbox needs Linux"}
}

// checkRoot wants the administrator.
func checkRoot(uid int) provisioner.Check {
	return provisioner.Check{
		Name: "root", OK: uid == 0, Found: fmt.Sprintf("user id %d", uid),
		Hint: "run the command as root, or with sudo",
	}
}

// checkVersion wants the version that can be built.
func checkVersion(doc provisioner.Document) provisioner.Check {
	want := doc.Spec.Kubernetes.Version
	return provisioner.Check{
		Name: "kubernetes", OK: want == "" || want == KubernetesVersion, Found: KubernetesVersion,
		Hint: fmt.Sprintf("a sandbox has Kubernetes %s; leave spec.kubernetes.version out", KubernetesVersion),
	}
}

// program is a program of the host and the Debian package it is in.
type program struct{ name, pkg, purpose string }

// programs are what a sandbox needs besides what it builds.
func programs() []program {
	return []program{
		{"nft", "nftables", "services"},
		{"ip", "iproute2", "this check"},
		{"mount", "mount", "volumes"},
		{"unshare", "util-linux", "this check"},
		{"go", "golang", "building Kubernetes"},
		{"gcc", "gcc libc6-dev", "building runc"},
	}
}

// checkProgram wants a program on the path.
func checkProgram(p program) provisioner.Check {
	path, err := exec.LookPath(p.name)
	c := provisioner.Check{Name: p.name, OK: err == nil, Found: path}
	if err != nil {
		c.Found = "not on the path"
		c.Hint = fmt.Sprintf("apt-get install %s (for %s)", p.pkg, p.purpose)
		if p.name == "go" {
			c.Hint = "install Go 1.26 or newer from https://go.dev/dl (for " + p.purpose + ")"
		}
	}
	return c
}
