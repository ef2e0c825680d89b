package provisioner

import "time"

// State is what a cluster is doing.
type State string

// The states of a cluster.
const (
	// StateReady means that its API server answers and every node is Ready.
	StateReady State = "ready"
	// StateDegraded means that it answers but not every node is Ready.
	StateDegraded State = "degraded"
	// StateBroken means that it is half made, half destroyed or not answering; it
	// can be destroyed and created again.
	StateBroken State = "broken"
)

// Status is a cluster as it is.
type Status struct {
	Name   string `json:"name"`
	Driver string `json:"driver"`
	State  State  `json:"state"`
	// Reason says why the state is not ready.
	Reason  string    `json:"reason,omitempty"`
	Version string    `json:"version,omitempty"`
	Server  string    `json:"server,omitempty"`
	Created time.Time `json:"created,omitzero"`
	Nodes   []Node    `json:"nodes"`
	// Switch says whether its driver can switch the nodes off and on.
	Switch bool `json:"switch,omitempty"`
	// Existing is what the cluster was registered from, on the machine that knows it; nil
	// for one that was made.
	Existing *Existing `json:"-"`
}

// Node is one worker as it is.
type Node struct {
	Name         string `json:"name"`
	Ready        bool   `json:"ready"`
	Powered      bool   `json:"powered"`
	Address      string `json:"address,omitempty"`
	Zone         string `json:"zone,omitempty"`
	InstanceType string `json:"instanceType,omitempty"`
	ProviderID   string `json:"providerID,omitempty"`
}
