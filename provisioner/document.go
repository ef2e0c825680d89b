package provisioner

import (
	"path/filepath"

	"github.com/shakedown-dev/shakedown/events"
)

// The words of a cluster's specification.
const (
	Kind = "Cluster"

	DriverSandbox  = "sandbox"
	DriverExisting = "existing"

	// DefaultNodes is how many workers a cluster has that does not say.
	DefaultNodes = 3
	// MaxNodes is how many workers a cluster can have on one machine.
	MaxNodes = 100
)

// Document is a cluster as a team asks for it. Its name has at most 40 characters
// and begins with a letter.
type Document struct {
	events.Header
	Spec Spec `json:"spec"`
}

// Spec is what the cluster is made of.
type Spec struct {
	Driver     string     `json:"driver" jsonschema:"description=sandbox (a Kubernetes on this machine) or existing (one that is there already)"`
	Nodes      int        `json:"nodes,omitempty" jsonschema:"description=number of workers (sandbox only)"`
	Kubernetes Kubernetes `json:"kubernetes,omitzero"`
	Existing   *Existing  `json:"existing,omitempty"`
}

// Kubernetes says which Kubernetes is wanted.
type Kubernetes struct {
	Version string `json:"version,omitempty" jsonschema:"description=such as v1.37.2; the driver's own if absent"`
}

// Existing points to a cluster that is there already.
type Existing struct {
	Kubeconfig string `json:"kubeconfig" jsonschema:"description=path of the kubeconfig file"`
	Context    string `json:"context,omitempty" jsonschema:"description=context in the file; its current one if absent"`
	// Exec lets the kubeconfig log in by a program. A person says so on the command line;
	// no file and no event can.
	Exec bool `json:"-"`
}

// String is "FILE" or "FILE (context NAME)".
func (e Existing) String() string {
	if e.Context == "" {
		return e.Kubeconfig
	}
	return e.Kubeconfig + " (context " + e.Context + ")"
}

// registered is what a registration has that is as asked for; one that names no context
// keeps that of now, and what a person has allowed stays so.
func (e Existing) registered(now Existing) Existing {
	e.Exec = now.Exec
	if e.Context == "" {
		e.Context = now.Context
	}
	return e
}

// located is the document with the whole path of its kubeconfig, which it may name from
// the working directory.
func (d Document) located() (Document, error) {
	if d.Spec.Existing == nil {
		return d, nil
	}
	own := *d.Spec.Existing
	var err error
	own.Kubeconfig, err = filepath.Abs(own.Kubeconfig)
	d.Spec.Existing = &own
	return d, err
}

// Command registers the cluster under the name, as it is typed.
func (e Existing) Command(name string) string {
	text := "shakedown cluster create " + name + " --driver existing --kubeconfig " + e.Kubeconfig
	if e.Context == "" {
		return text
	}
	return text + " --context " + e.Context
}

// NewDocument asks for a cluster of this name and leaves the rest open.
func NewDocument(name string) Document {
	return Document{Header: events.NewHeader(Kind, name)}
}

// Parse reads a document from JSON. Errors: as events.ParseDocument.
func Parse(raw []byte) (Document, error) { return events.ParseDocument[Document](Kind, raw) }

// WithDefaults is the document with everything filled in that it leaves open.
func (d Document) WithDefaults() Document {
	if d.APIVersion == "" {
		d.APIVersion = events.APIVersion
	}
	if d.Kind == "" {
		d.Kind = Kind
	}
	if d.Spec.Driver == "" {
		d.Spec.Driver = DriverSandbox
	}
	if d.Spec.Driver == DriverSandbox && d.Spec.Nodes == 0 {
		d.Spec.Nodes = DefaultNodes
	}
	return d
}
