package provisioner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// The words of a cluster's specification.
const (
	APIVersion = "shakedown.dev/v1"
	Kind       = "Cluster"

	DriverSandbox  = "sandbox"
	DriverExisting = "existing"

	// DefaultNodes is how many workers a cluster has that does not say.
	DefaultNodes = 3
	// MaxNodes is how many workers a cluster can have on one machine.
	MaxNodes = 100
	// maxName leaves room for the names of nodes and their host names.
	maxName = 40
)

// Document is a cluster as a team asks for it.
type Document struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
	Spec       Spec     `json:"spec"`
}

// Metadata names a cluster.
type Metadata struct {
	Name   string            `json:"name" jsonschema:"description=a DNS label of at most 40 characters"`
	Labels map[string]string `json:"labels,omitempty"`
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
	Version string `json:"version,omitempty" jsonschema:"description=such as v1.36.3; the driver's own if absent"`
}

// Existing points to a cluster that is there already.
type Existing struct {
	Kubeconfig string `json:"kubeconfig" jsonschema:"description=path of the kubeconfig file"`
	Context    string `json:"context,omitempty" jsonschema:"description=context in the file; its current one if absent"`
}

// Parse reads a document from JSON; an unknown field is an error.
func Parse(raw []byte) (Document, error) {
	var d Document
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return d, fmt.Errorf("cluster document: %w", err)
	}
	return d, nil
}

// WithDefaults is the document with everything filled in that it leaves open.
func (d Document) WithDefaults() Document {
	if d.APIVersion == "" {
		d.APIVersion = APIVersion
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

// Validate lists everything that is wrong with the document. It is meant for
// documents with defaults; a zero count of nodes is otherwise one problem more.
func (d Document) Validate() events.Problems {
	var p events.Problems
	add := func(key, format string, args ...any) {
		p = append(p, events.Problem{Key: key, Message: fmt.Sprintf(format, args...)})
	}
	if d.APIVersion != APIVersion {
		add("apiVersion", "must be %s, not %q", APIVersion, d.APIVersion)
	}
	if d.Kind != Kind {
		add("kind", "must be %s, not %q", Kind, d.Kind)
	}
	if message := NameProblem(d.Metadata.Name); message != "" {
		add("metadata.name", "%s", message)
	}
	if !slices.Contains([]string{DriverSandbox, DriverExisting}, d.Spec.Driver) {
		add("spec.driver", "must be %s or %s, not %q", DriverSandbox, DriverExisting, d.Spec.Driver)
	}
	return append(p, d.Spec.problems()...)
}

// problems are those of the driver's own part.
func (s Spec) problems() events.Problems {
	var p events.Problems
	add := func(key, format string, args ...any) {
		p = append(p, events.Problem{Key: key, Message: fmt.Sprintf(format, args...)})
	}
	if s.Driver == DriverSandbox {
		if s.Nodes < 1 || s.Nodes > MaxNodes {
			add("spec.nodes", "must be between 1 and %d, not %d", MaxNodes, s.Nodes)
		}
		if s.Existing != nil {
			add("spec.existing", "is only for the driver %s", DriverExisting)
		}
	}
	if s.Driver == DriverExisting {
		if s.Nodes != 0 {
			add("spec.nodes", "is only for the driver %s: an existing cluster has the nodes it has", DriverSandbox)
		}
		if s.Existing == nil || s.Existing.Kubeconfig == "" {
			add("spec.existing.kubeconfig", "must name the kubeconfig file of the cluster")
		}
	}
	return p
}

// NameProblem says what is wrong with a cluster's name, or nothing.
func NameProblem(name string) string {
	switch {
	case name == "":
		return "must not be empty"
	case len(name) > maxName:
		return fmt.Sprintf("must have at most %d characters, not %d", maxName, len(name))
	case !regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`).MatchString(name):
		return fmt.Sprintf("must be a DNS label (a-z, 0-9 and -, beginning with a letter), not %q", name)
	}
	return ""
}
