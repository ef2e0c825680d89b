package events

import (
	"encoding/json"
	"time"
)

// ClusterCreate asks the provisioner to make the cluster match the spec. One that
// matches already is left alone.
type ClusterCreate struct {
	Name string `json:"name"`
	// Spec is the Cluster document, as JSON.
	Spec json.RawMessage `json:"spec"`
	// Retain leaves what a failed create made, to be inspected.
	Retain bool `json:"retain,omitempty"`
}

// ClusterDestroy asks the provisioner to remove everything that it made for the
// cluster.
type ClusterDestroy struct {
	Name string `json:"name"`
	// Reason is repeated in the event that follows: "asked", "expired".
	Reason string `json:"reason,omitempty"`
}

// ClusterProgressed reports a step of a create or a destroy.
type ClusterProgressed struct {
	Name string `json:"name"`
	// Step is what is done now, such as "build kubernetes" or "control plane".
	Step    string `json:"step"`
	Message string `json:"message,omitempty"`
	// Ended reports that the step is over; Problem is why it failed, if it did.
	Ended   bool   `json:"ended,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// ClusterNode is one worker.
type ClusterNode struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
	// Powered reports whether its machine is on.
	Powered      bool   `json:"powered"`
	Address      string `json:"address,omitempty"`
	Zone         string `json:"zone,omitempty"`
	InstanceType string `json:"instanceType,omitempty"`
	ProviderID   string `json:"providerID,omitempty"`
}

// Cluster is what others may know of a cluster. Its kubeconfig is a secret and
// never in an event.
type Cluster struct {
	Name   string `json:"name"`
	Driver string `json:"driver"`
	// State is "ready", "degraded" or "broken"; Reason is why it is not ready.
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Version string `json:"version,omitempty"`
	Server  string `json:"server,omitempty"`
	// Created is RFC 3339.
	Created string        `json:"created,omitempty"`
	Nodes   []ClusterNode `json:"nodes,omitempty"`
	// Switch reports whether NodePowerCall can switch its nodes.
	Switch bool `json:"switch,omitempty"`
}

// ClusterReady reports that the API server answers and every node was Ready.
type ClusterReady struct {
	Cluster
	// Took is the time from the request to readiness.
	Took Duration `json:"took"`
}

// ClusterFailed reports that a request was not fulfilled.
type ClusterFailed struct {
	Name string `json:"name"`
	// Verb is what was asked for: "create" or "destroy".
	Verb string `json:"verb"`
	// Kind is the error's kind: invalid, refused, not-found, unavailable, partial.
	Kind   Kind   `json:"kind"`
	Reason string `json:"reason"`
	Advice string `json:"hint,omitempty"`
	// Remains reports that something of the cluster is left, to be destroyed.
	Remains bool `json:"remains,omitempty"`
}

// ClusterDestroyed reports that everything that was made for the cluster is gone.
type ClusterDestroyed struct {
	Name   string `json:"name"`
	Reason string `json:"reason,omitempty"`
}

// ClusterQuery asks for one cluster by name.
type ClusterQuery struct {
	Name string `json:"name"`
}

// ClustersAnswer lists clusters by name.
type ClustersAnswer struct {
	Clusters []Cluster `json:"clusters"`
}

// ClusterAnswer is one cluster.
type ClusterAnswer struct {
	Cluster Cluster `json:"cluster"`
}

// ClusterPlan asks what a create with the spec would do. Nothing is changed.
type ClusterPlan struct {
	Name string `json:"name"`
	// Spec is the Cluster document, as JSON.
	Spec json.RawMessage `json:"spec"`
}

// ClusterPlanStep is one step of a create.
type ClusterPlanStep struct {
	// Action is "check", "create" or "destroy"; the last removes what an interrupted
	// create left half made.
	Action string `json:"action"`
	Why    string `json:"why"`
}

// ClusterPlanAnswer has no steps when the cluster is as the document says.
type ClusterPlanAnswer struct {
	Steps []ClusterPlanStep `json:"steps"`
}

// NodePower asks to switch the machine of a node off, or on.
type NodePower struct {
	Cluster string `json:"cluster"`
	Node    string `json:"node"`
	// On is what is wanted.
	On bool `json:"on"`
	// Reason is who wants it, for the log.
	Reason string `json:"reason"`
	// Deadline is when it is no longer wanted: nothing is switched from then on.
	Deadline time.Time `json:"deadline"`
}

// NodePowerAnswer says that the machine is as it was wanted.
type NodePowerAnswer struct {
	// Changed is false when it was so already.
	Changed bool `json:"changed"`
}

// Topics and calls of the provisioner.
var (
	ClusterCreateTopic     = define("v1.provisioner.cluster.create", func(e ClusterCreate) string { return e.Name })
	ClusterDestroyTopic    = define("v1.provisioner.cluster.destroy", func(e ClusterDestroy) string { return e.Name })
	ClusterProgressedTopic = define("v1.provisioner.cluster.progressed", func(e ClusterProgressed) string { return e.Name })
	ClusterReadyTopic      = define("v1.provisioner.cluster.ready", func(e ClusterReady) string { return e.Name })
	ClusterFailedTopic     = define("v1.provisioner.cluster.failed", func(e ClusterFailed) string { return e.Name })
	ClusterDestroyedTopic  = define("v1.provisioner.cluster.destroyed", func(e ClusterDestroyed) string { return e.Name })

	ClusterListCall = ask[Nothing, ClustersAnswer]("v1.provisioner.cluster.list")
	ClusterPlanCall = ask[ClusterPlan, ClusterPlanAnswer]("v1.provisioner.cluster.plan")
	ClusterShowCall = ask[ClusterQuery, ClusterAnswer]("v1.provisioner.cluster.show")
	NodePowerCall   = ask[NodePower, NodePowerAnswer]("v1.provisioner.node.power")
)
