package sandbox

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// files are a machine's own, by their path in it. All are secret: there are few
// enough that it does not matter which of them hold keys.
type files map[string][]byte

// write writes the files below the machine's directory.
func (f files) write(dir string) error {
	for _, path := range slices.Sorted(maps.Keys(f)) {
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, f[path], mode(path)); err != nil {
			return err
		}
	}
	return nil
}

// mode is 0600 but for the files that a pod's own user may need to read.
func mode(path string) fs.FileMode {
	if strings.HasPrefix(path, kubeDir) {
		return 0o600
	}
	return 0o644
}

// commonFiles are those every machine has.
func commonFiles(c *record, machine string) files {
	var hosts strings.Builder
	fmt.Fprintf(&hosts, "127.0.0.1 localhost\n%s %s\n", c.Subnet.control(), controlName(c.Name))
	for _, n := range c.Nodes {
		fmt.Fprintf(&hosts, "%s %s\n", n.Address, n.Name)
	}
	return files{
		"/etc/hosts":         []byte(hosts.String()),
		"/etc/hostname":      []byte(machine + "\n"),
		"/etc/resolv.conf":   fmt.Appendf(nil, "nameserver %s\n", c.Subnet.control()),
		"/etc/nsswitch.conf": []byte("passwd: files\ngroup: files\nhosts: files dns\n"),
		"/etc/passwd":        []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"),
		"/etc/group":         []byte("root:x:0:\nnogroup:x:65534:\n"),
		"/etc/os-release":    []byte("ID=shakedown\nPRETTY_NAME=\"Shakedown sandbox\"\n"),
		"/etc/machine-id":    []byte(machineID(machine) + "\n"),
	}
}

// document is a configuration file in JSON, which every program that reads YAML
// reads too.
func document(v map[string]any) ([]byte, error) { return json.MarshalIndent(v, "", "  ") }
