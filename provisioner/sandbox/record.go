package sandbox

import (
	"encoding/json"
	"net/netip"
	"os"
	"time"
)

// The states of a sandbox on disk. Anything but running is half made and can
// only be destroyed.
const (
	stateCreating = "creating"
	stateRunning  = "running"
	stateEnding   = "destroying"
)

// record is what is on disk about a sandbox, written before anything of it is
// made.
type record struct {
	Name    string    `json:"name"`
	State   string    `json:"state"`
	Version string    `json:"version"`
	Created time.Time `json:"created"`
	Subnet  subnet    `json:"subnet"`
	Nodes   []node    `json:"nodes"`
	// Tools are the directories of the built programs, by group.
	Tools map[string]string `json:"tools"`
}

// node is a worker.
type node struct {
	Name         string       `json:"name"`
	Address      netip.Addr   `json:"address"`
	Pods         netip.Prefix `json:"pods"`
	Zone         string       `json:"zone"`
	InstanceType string       `json:"instanceType"`
	ProviderID   string       `json:"providerID"`
}

// newNodes are the workers of a sandbox.
func newNodes(cluster string, s subnet, count int) []node {
	nodes := make([]node, 0, count)
	for i := range count {
		name, zone := workerName(cluster, i), zoneOf(i)
		nodes = append(nodes, node{
			Name: name, Address: s.worker(i), Pods: s.podsOf(i), Zone: zone,
			InstanceType: instanceType, ProviderID: providerID(name, zone),
		})
	}
	return nodes
}

// binds are the programs of these groups, as a machine sees them.
func (c *record) binds(groups ...string) []bind {
	binds := make([]bind, 0, len(groups))
	for _, g := range groups {
		binds = append(binds, bind{Source: c.Tools[g], Target: toolsInside + g})
	}
	return binds
}

// index is the position of the worker with that name, or -1.
func (c *record) index(name string) int {
	for i, n := range c.Nodes {
		if n.Name == name {
			return i
		}
	}
	return -1
}

// save writes the record, whole or not at all.
func (c *record) save(path string) error {
	raw, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return writeSecret(path, raw)
}

// loadRecord reads a record.
func loadRecord(path string) (*record, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := new(record)
	return c, json.Unmarshal(raw, c)
}
