package provisioner

import (
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// maxName leaves room for the names of nodes and their host names.
const maxName = 40

// Validate lists everything that is wrong with the document. It is meant for
// documents with defaults; a zero count of nodes is otherwise one problem more.
func (d Document) Validate() events.Problems {
	p := d.Check(Kind)
	if message := NameProblem(d.Metadata.Name); message != "" && !slices.ContainsFunc(p, ofName) {
		p.Add("metadata.name", "%s", message)
	}
	p.Check(slices.Contains([]string{DriverSandbox, DriverExisting}, d.Spec.Driver),
		"spec.driver", "must be %s or %s, not %q", DriverSandbox, DriverExisting, d.Spec.Driver)
	return append(p, d.Spec.problems()...)
}

func ofName(p events.Problem) bool { return p.Key == "metadata.name" }

// problems are those of the driver's own part.
func (s Spec) problems() events.Problems {
	var p events.Problems
	switch s.Driver {
	case DriverSandbox:
		p.Check(s.Nodes >= 1 && s.Nodes <= MaxNodes, "spec.nodes", "must be between 1 and %d, not %d", MaxNodes, s.Nodes)
		p.Check(s.Existing == nil, "spec.existing", "is only for the driver %s", DriverExisting)
	case DriverExisting:
		p.Check(s.Nodes == 0, "spec.nodes", "is only for the driver %s: an existing cluster has the nodes it has", DriverSandbox)
		p.Check(s.Existing != nil && s.Existing.Kubeconfig != "", "spec.existing.kubeconfig", "must name the kubeconfig file of the cluster")
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
	case !events.IsDNSLabel(name) || name[0] < 'a':
		return fmt.Sprintf("must be a DNS label (a-z, 0-9 and -, beginning with a letter), not %q", name)
	}
	return ""
}
