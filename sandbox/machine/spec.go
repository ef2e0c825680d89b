package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Spec says what one machine is made of. Paths outside are the host's, paths
// inside are the machine's.
type Spec struct {
	// Name is the machine's host name.
	Name string `json:"name"`
	// Dir is the machine's directory on the host. Its etc and var are the
	// machine's /etc and /var; pid holds the machine's process id.
	Dir string `json:"dir"`
	// Cgroup is the machine's control group, below the root of each hierarchy.
	Cgroup string `json:"cgroup"`
	// Binds are further directories of the host that the machine can read.
	Binds []Bind `json:"binds"`
	// Sysctls are set inside the machine's namespaces.
	Sysctls map[string]string `json:"sysctls"`
	// Network is the machine's cabling.
	Network Network `json:"network"`
	// Processes are started in order and restarted when they end.
	Processes []Process `json:"processes"`
}

// Bind mounts a directory of the host, read-only.
type Bind struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

// Network is the cabling of a machine. A machine with a switch carries the
// sandbox's bridge; any other is plugged into the switch of such a machine.
type Network struct {
	// Address is the machine's own, with the prefix length of the node network.
	Address string `json:"address"`
	// Routes are the machine's routes.
	Routes []Route `json:"routes"`
	// Switch is set on the machine that carries the bridge.
	Switch *Switch `json:"switch,omitempty"`
	// Uplink is the directory of the machine whose bridge this one is plugged
	// into, and Port the name of the cable's end there.
	Uplink string `json:"uplink,omitempty"`
	Port   string `json:"port,omitempty"`
}

// Switch is the bridge and its one cable to the host.
type Switch struct {
	// HostLink is the name of the cable's end on the host, HostAddress its
	// address and HostRoutes what the host reaches through it.
	HostLink    string  `json:"hostLink"`
	HostAddress string  `json:"hostAddress"`
	HostRoutes  []Route `json:"hostRoutes"`
}

// Route sends a network to a gateway.
type Route struct {
	Network string `json:"network"`
	Via     string `json:"via"`
}

// Process is one program of a machine.
type Process struct {
	Name string   `json:"name"`
	Args []string `json:"args"`
	Env  []string `json:"env"`
	// After is an address (tcp:HOST:PORT or unix:PATH) that must accept
	// connections before the process is started.
	After string `json:"after,omitempty"`
}

// readSpec reads a machine's specification; an unknown field is an error, since
// it means that the two sides disagree.
func readSpec(path string) (Spec, error) {
	var spec Spec
	raw, err := os.ReadFile(path)
	if err != nil {
		return spec, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&spec); err != nil {
		return spec, fmt.Errorf("machine specification %s: %w", path, err)
	}
	return spec, nil
}

// identity names a process beyond the reuse of its id.
type identity struct {
	PID int `json:"pid"`
	// Start is the process's start time in clock ticks since the kernel booted.
	Start uint64 `json:"start"`
}

// writeIdentity records the machine's process 1, whole or not at all.
func writeIdentity(dir string, id identity) error {
	raw, err := json.Marshal(id)
	if err != nil {
		return err
	}
	temp := filepath.Join(dir, ".pid")
	if err := os.WriteFile(temp, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, filepath.Join(dir, "pid"))
}

// readIdentity returns the recorded process 1 of the machine in dir.
func readIdentity(dir string) (identity, error) {
	var id identity
	raw, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		return id, err
	}
	return id, json.Unmarshal(raw, &id)
}
