package provisioner

import (
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

// Action is what a step of a plan does.
type Action string

// The actions of a plan.
const (
	ActionCheck   Action = "check"
	ActionCreate  Action = "create"
	ActionDestroy Action = "destroy"
)

// PlanStep is one step of a plan.
type PlanStep struct {
	Action  Action `json:"action"`
	Cluster string `json:"cluster"`
	Driver  string `json:"driver"`
	// Why says what makes the step necessary.
	Why string `json:"why"`
}

// NewPlan returns the steps from the cluster there is, nil if there is none, to
// the one that is wanted; no steps where they are the same. It refuses what
// would take something away that nobody asked to have taken away.
func NewPlan(desired Document, current *Status) ([]PlanStep, error) {
	name, driver := desired.Metadata.Name, desired.Spec.Driver
	if current == nil {
		return createSteps(desired), nil
	}
	hint := "shakedown cluster destroy " + name
	if current.Driver != driver {
		return nil, events.Errorf(events.KindRefused, hint,
			"cluster %s exists with driver %s, not %s", name, current.Driver, driver)
	}
	if current.State == StateBroken {
		return nil, events.Errorf(events.KindRefused, hint,
			"cluster %s exists but cannot be used: %s", name, current.Reason)
	}
	if difference := differ(desired.Spec, *current); difference != "" {
		return nil, events.Errorf(events.KindRefused, hint, "cluster %s exists with %s", name, difference)
	}
	return nil, nil
}

// createSteps are those of a cluster that is not there.
func createSteps(desired Document) []PlanStep {
	name, driver := desired.Metadata.Name, desired.Spec.Driver
	return []PlanStep{
		{Action: ActionCheck, Cluster: name, Driver: driver, Why: "nothing is made before everything was checked"},
		{Action: ActionCreate, Cluster: name, Driver: driver, Why: "it does not exist"},
	}
}

// resumePlan is NewPlan for a request whose earlier attempt began to make the
// cluster and was interrupted: what is there half made is its own.
func resumePlan(desired Document, current *Status) ([]PlanStep, error) {
	if current == nil || current.Driver != desired.Spec.Driver || current.State != StateBroken {
		return NewPlan(desired, current)
	}
	again := PlanStep{Action: ActionDestroy, Cluster: current.Name, Driver: current.Driver, Why: "an interrupted create left it half made"}
	return append([]PlanStep{again}, createSteps(desired)...), nil
}

// differ says what of the cluster there is differs from the one that is wanted.
func differ(desired Spec, current Status) string {
	switch {
	case desired.Driver == DriverSandbox && desired.Nodes != len(current.Nodes):
		return fmt.Sprintf("%d nodes, not %d", len(current.Nodes), desired.Nodes)
	case desired.Driver == DriverExisting && current.Existing != nil && *current.Existing != desired.Existing.registered(*current.Existing):
		return fmt.Sprintf("kubeconfig %s, not %s", current.Existing, desired.Existing)
	case desired.Kubernetes.Version != "" && desired.Kubernetes.Version != current.Version:
		return fmt.Sprintf("Kubernetes %s, not %s", current.Version, desired.Kubernetes.Version)
	}
	return ""
}
