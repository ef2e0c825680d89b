package build

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Group is a module of the sandbox and what is built of it.
type Group struct {
	// Name is the module's folder.
	Name string
	// Programs are built in this order.
	Programs []Program
	// Links are further names of the first program.
	Links []string
	// Takes is about how long a build takes on two cores.
	Takes time.Duration
}

// Program is one program of a group.
type Program struct {
	// Name is the file's, Package what is built.
	Name, Package string
	// Tags are build tags.
	Tags string
	// Cgo reports whether the program needs a C compiler.
	Cgo bool
	// Version names variables that are set to the version of VersionOf, as the
	// module requires it.
	Version   []string
	VersionOf string
}

// Groups are all groups, the quickest first.
func Groups() []Group {
	return []Group{
		{Name: "machine", Takes: 5 * time.Second, Programs: []Program{
			{Name: "machine", Package: "."},
			{Name: "pause", Package: "./pause"},
			{Name: "runtime", Package: "./runtime"},
		}},
		{Name: "shop", Takes: 15 * time.Second, Programs: []Program{{Name: "shop", Package: "."}}},
		{Name: "runc", Takes: 15 * time.Second, Programs: []Program{
			{Name: "runc", Package: "github.com/opencontainers/runc", Cgo: true},
		}},
		containerdGroup(),
		{Name: "coredns", Takes: time.Minute, Programs: []Program{{Name: "coredns", Package: "."}}},
		{Name: "prometheus", Takes: 90 * time.Second, Programs: []Program{{
			Name: "prometheus", Package: "github.com/prometheus/prometheus/cmd/prometheus",
			Tags:      "netgo,remove_all_sd,enable_kubernetes_sd",
			Version:   []string{"github.com/prometheus/common/version.Version"},
			VersionOf: "github.com/prometheus/prometheus",
		}}},
		{Name: "versitygw", Takes: 150 * time.Second, Programs: []Program{{ // the tests' S3 server; no sandbox runs it
			Name: "versitygw", Package: "github.com/versity/versitygw/cmd/versitygw",
			Version: []string{"main.Version"}, VersionOf: "github.com/versity/versitygw",
		}}},
		{Name: "kubernetes", Takes: 5 * time.Minute, Links: []string{"kubectl"}, Programs: []Program{{
			Name: "kubernetes", Package: ".",
			Version:   []string{"k8s.io/component-base/version.gitVersion", "k8s.io/client-go/pkg/version.gitVersion"},
			VersionOf: "k8s.io/kubernetes",
		}}},
	}
}

// containerdGroup is the container runtime with its plugins, and etcd.
func containerdGroup() Group {
	const (
		runtime = "github.com/containerd/containerd/v2"
		plugins = "github.com/containernetworking/plugins/plugins/"
	)
	version := []string{runtime + "/version.Version"}
	return Group{Name: "containerd", Takes: 90 * time.Second, Programs: []Program{
		{Name: "containerd", Package: runtime + "/cmd/containerd", Version: version, VersionOf: runtime},
		{Name: "containerd-shim-runc-v2", Package: runtime + "/cmd/containerd-shim-runc-v2", Version: version, VersionOf: runtime},
		{Name: "ctr", Package: runtime + "/cmd/ctr", Version: version, VersionOf: runtime},
		{Name: "host-local", Package: plugins + "ipam/host-local"},
		{Name: "ptp", Package: plugins + "main/ptp"},
		{Name: "loopback", Package: plugins + "main/loopback"},
		{Name: "portmap", Package: plugins + "meta/portmap"},
		{Name: "etcd", Package: "go.etcd.io/etcd/server/v3"},
	}}
}

// find is the group of that name.
func find(name string) (Group, error) {
	all := Groups()
	i := slices.IndexFunc(all, func(g Group) bool { return g.Name == name })
	if i < 0 {
		return Group{}, fmt.Errorf("no group of programs is called %q", name)
	}
	return all[i], nil
}

// arguments are those of the go command that builds the program in dir's module.
func (p Program) arguments(module fs.FS, output string) ([]string, error) {
	flags := []string{"-s", "-w"}
	for _, variable := range p.Version {
		version, err := Required(module, p.VersionOf)
		if err != nil {
			return nil, err
		}
		flags = append(flags, "-X", variable+"="+version)
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", strings.Join(flags, " "), "-o", output}
	if p.Tags != "" {
		args = append(args, "-tags", p.Tags)
	}
	return append(args, p.Package), nil
}

// Required is the version of a dependency that a module's go.mod requires.
func Required(module fs.FS, dependency string) (string, error) {
	raw, err := fs.ReadFile(module, "go.mod")
	if err != nil {
		return "", err
	}
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		fields := strings.Fields(strings.TrimPrefix(lines.Text(), "require "))
		if len(fields) >= 2 && fields[0] == dependency && strings.HasPrefix(fields[1], "v") {
			return fields[1], nil
		}
	}
	return "", fmt.Errorf("go.mod does not require %s", dependency)
}
