package build

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Group is a module of the sandbox and what is built of it, all with the same tags.
type Group struct {
	// Name is the module's folder.
	Name string
	// Programs are built together.
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

// Groups are all groups.
func Groups() []Group {
	return []Group{
		{Name: "machine", Takes: 5 * time.Second, Programs: []Program{
			{Name: "machine", Package: "."},
			{Name: "helper", Package: "./helper"},
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

// longestFirst are the groups of these names in the order in which they are begun.
func longestFirst(names []string) ([]Group, error) {
	groups := make([]Group, 0, len(names))
	for _, name := range names {
		g, err := find(name)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(b.Takes, a.Takes) })
	return groups, nil
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

// noDWARF spares the compiler what the linker strips: a fifth of its time.
const noDWARF = "-gcflags=all=-dwarf=false"

// arguments are those of the go command that builds all programs of the group. A
// variable that a program does not have is left out of it by the linker.
func (g Group) arguments(module fs.FS, output string) ([]string, error) {
	flags := []string{"-s", "-w"}
	var packages, tags []string
	for _, p := range g.Programs {
		packages = append(packages, p.Package)
		if p.Tags != "" {
			tags = append(tags, p.Tags)
		}
		set, err := p.variables(module)
		if err != nil {
			return nil, err
		}
		flags = append(flags, set...)
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", noDWARF, "-ldflags", strings.Join(flags, " "), "-o", output + "/"}
	if len(tags) > 0 {
		args = append(args, "-tags", strings.Join(tags, ","))
	}
	return append(args, packages...), nil
}

// variables are the linker's flags that set the version.
func (p Program) variables(module fs.FS) ([]string, error) {
	var flags []string
	for _, variable := range p.Version {
		version, err := Required(module, p.VersionOf)
		if err != nil {
			return nil, err
		}
		flags = append(flags, "-X", variable+"="+version)
	}
	return flags, nil
}

// built is the name that the go command gives to the program.
func (p Program) built() string {
	if p.Package == "." {
		return p.Name // a module is named for its program
	}
	dir, name := path.Split(p.Package)
	if regexp.MustCompile(`^v[0-9]+$`).MatchString(name) {
		return path.Base(dir)
	}
	return name
}

// cgo is the setting of the go command.
func (g Group) cgo() string {
	if slices.ContainsFunc(g.Programs, func(p Program) bool { return p.Cgo }) {
		return "1"
	}
	return "0"
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
