package provisioner

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

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

// Driver makes clusters of one sort. It is safe for concurrent use, and its
// calls for one cluster exclude each other, in other processes too.
//
// Errors for people are *events.Error; the kind is not-found where there is no
// cluster of that name.
type Driver interface {
	// Name is what a specification calls the driver.
	Name() string
	// Check tests whether the driver can make this cluster here. It changes
	// nothing, and it is called before anything is made.
	Check(ctx context.Context, d Document) []Check
	// Create makes the cluster and returns when it is ready. What it makes can be
	// destroyed by name from the moment it is made. It does not undo what it made
	// when it fails or ctx ends: Destroy does.
	Create(ctx context.Context, d Document, p Progress) (Status, error)
	// List returns every cluster of this driver, in the order of their names.
	List(ctx context.Context) ([]Status, error)
	// Show returns one cluster.
	Show(ctx context.Context, name string) (Status, error)
	// Kubeconfig returns the administrator's kubeconfig of the cluster.
	Kubeconfig(ctx context.Context, name string) ([]byte, error)
	// Destroy removes everything the driver made for the cluster, whatever state
	// it is in, and is safe to repeat.
	Destroy(ctx context.Context, name string, p Progress) error
}

// Progress is told what is being done. It is safe for concurrent use; steps may
// overlap.
type Progress interface {
	// StepStarted says that a step begins.
	StepStarted(step string)
	// StepNote says how a long step is coming on.
	StepNote(step, note string)
	// StepEnded says that a step is over; err is nil if it went well.
	StepEnded(step string, err error)
}

// Quiet is a Progress that tells nobody.
type Quiet struct{}

// StepStarted implements Progress.
func (Quiet) StepStarted(string) {}

// StepNote implements Progress.
func (Quiet) StepNote(string, string) {}

// StepEnded implements Progress.
func (Quiet) StepEnded(string, error) {}

// Step runs one step and tells p about it.
func Step(p Progress, name string, do func() error) error {
	p.StepStarted(name)
	err := do()
	p.StepEnded(name, err)
	return err
}

// Check is one thing that must be so before a cluster is made.
type Check struct {
	// Name is what was looked at, such as "nft".
	Name string `json:"name"`
	// OK reports whether it is as it must be.
	OK bool `json:"ok"`
	// Found is what was seen.
	Found string `json:"found"`
	// Hint is what to do about it.
	Hint string `json:"hint,omitempty"`
}

// NotFound is the error for a cluster that does not exist.
func NotFound(name string) error {
	return events.Errorf(events.KindNotFound, "shakedown cluster list", "cluster %s does not exist", name)
}
