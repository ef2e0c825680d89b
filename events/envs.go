package events

import "encoding/json"

// EnvironmentCreate asks envs to make the environment match the spec, whether or
// not it exists.
type EnvironmentCreate struct {
	Name string `json:"name"`
	// Spec is the Environment document, as JSON.
	Spec json.RawMessage `json:"spec"`
	// Template, Project and Revision say where it came from, when CI asked.
	Template string `json:"template,omitempty"`
	Project  string `json:"project,omitempty"`
	Revision string `json:"revision,omitempty"`
}

// EnvironmentDestroy asks envs to remove the environment and all that is in it.
type EnvironmentDestroy struct {
	Name string `json:"name"`
	// Reason is in the event that follows: "asked", "expired".
	Reason string `json:"reason,omitempty"`
	// WithForeign says that objects in it that are not ours may be deleted with it;
	// without it they are a refusal.
	WithForeign bool `json:"withForeign,omitempty"`
	// Force says that it may be destroyed while runs of experiments break it; without it
	// they are a refusal.
	Force bool `json:"force,omitempty"`
}

// EnvironmentExpiring warns that an environment will be destroyed when its time is over.
type EnvironmentExpiring struct {
	Name string `json:"name"`
	// Ends is when, in RFC 3339.
	Ends string `json:"ends"`
}

// EnvironmentExtend asks that an environment lives on.
type EnvironmentExtend struct {
	Name string `json:"name"`
	// For is how long it shall live from now on; 0 means its ttl.
	For Duration `json:"for,omitzero"`
}

// EnvironmentAdopt asks that an environment becomes that of this installation.
type EnvironmentAdopt struct {
	Name string `json:"name"`
	// From is the installation that it is taken away from; "" takes only one that an
	// earlier version has made, which named none.
	From string `json:"from,omitempty"`
}

// EnvironmentProgressed says how far a create or a destroy has come.
type EnvironmentProgressed struct {
	Name string `json:"name"`
	// Step is what is done now: "runs", "namespace", "apply", "wait", "delete".
	Step    string `json:"step"`
	Message string `json:"message,omitempty"`
	// Done of Total objects or replicas are ready, where the step counts.
	Done  int `json:"done,omitempty"`
	Total int `json:"total,omitempty"`
}

// StepSuperseded is the step of environment.progressed and cluster.progressed that says
// that a later request for the name is worked on instead. The earlier one has no other
// outcome.
const StepSuperseded = "superseded"

// EnvironmentDestroying is the phase of an environment that is going away.
const EnvironmentDestroying = "destroying"

// EnvironmentComponent is a component as it is wanted, beside what of it runs.
type EnvironmentComponent struct {
	Name string `json:"name"`
	// Image and Replicas are what was asked for; Ready replicas of that version serve.
	Image    string `json:"image"`
	Replicas int    `json:"replicas"`
	Ready    int    `json:"ready"`
	// Deployed is what its Deployment has, where that is something else.
	Deployed *EnvironmentDeployed `json:"deployed,omitempty"`
	// Version tells the template of its pods from others, "" when that is not known.
	Version string `json:"version,omitempty"`
	// Outdated are the images of pods of other versions that still serve.
	Outdated []string `json:"outdated,omitempty"`
	// Missing says that nothing of the component is there.
	Missing bool `json:"missing,omitempty"`
	// Labels and Annotations are those of its pods that the document asks for.
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// EnvironmentDeployed is a component as its Deployment has it.
type EnvironmentDeployed struct {
	Image    string `json:"image"`
	Replicas int    `json:"replicas"`
	Ready    int    `json:"ready"`
}

// Environment is what others may know of an environment.
type Environment struct {
	Name       string                 `json:"name"`
	Namespace  string                 `json:"namespace"`
	Phase      string                 `json:"phase"`
	Template   string                 `json:"template,omitempty"`
	Project    string                 `json:"project,omitempty"`
	Revision   string                 `json:"revision,omitempty"`
	Labels     map[string]string      `json:"labels,omitempty"`
	Components []EnvironmentComponent `json:"components,omitempty"`
	// Created is RFC 3339; TTL is how long it is meant to live, "" for ever.
	Created string `json:"created,omitempty"`
	TTL     string `json:"ttl,omitempty"`
	// Ends is when it will be destroyed, in RFC 3339, "" for never.
	Ends string `json:"ends,omitempty"`
	// Seed names the DataCopy that must fill it now, "" when there is none or it is
	// filled.
	Seed string `json:"seed,omitempty"`
	// Problem is why it is not ready, as far as that is known.
	Problem string `json:"problem,omitempty"`
	// Waiting says of a request that it waits for runs of experiments to end, "" of none.
	Waiting string `json:"waiting,omitempty"`
}

// EnvironmentReady says that every component runs as asked and is Ready.
type EnvironmentReady struct {
	Environment
	// Took is the time from the request to readiness.
	Took Duration `json:"took"`
}

// EnvironmentFailed says that the environment did not become ready. The objects
// stay, to be inspected; destroy removes them.
type EnvironmentFailed struct {
	Name      string `json:"name"`
	Component string `json:"component,omitempty"`
	// Reason is one word, such as ImagePullBackOff; Message is for people and
	// names the container, and the last log lines where there are some.
	Reason  string `json:"reason"`
	Message string `json:"message"`
	// Serving are the components of which the version before still serves.
	Serving []string `json:"serving,omitempty"`
}

// EnvironmentRejected says that a request was not accepted: nothing was changed.
type EnvironmentRejected struct {
	Name     string `json:"name,omitempty"`
	Template string `json:"template,omitempty"`
	Project  string `json:"project,omitempty"`
	// Kind is the error's kind: invalid, not-found, refused.
	Kind   Kind   `json:"kind"`
	Reason string `json:"reason"`
	Advice string `json:"hint,omitempty"`
}

// EnvironmentDestroyed says that the namespace and all that was in it are gone.
type EnvironmentDestroyed struct {
	Name string `json:"name"`
	// Reason is that of the request, or "lost" when somebody else has deleted it.
	Reason string `json:"reason,omitempty"`
}

// EnvironmentQuery asks for one environment by name.
type EnvironmentQuery struct {
	Name string `json:"name"`
}

// EnvironmentDiff asks what a create with the spec would change. Nothing is changed.
type EnvironmentDiff struct {
	Name string `json:"name"`
	// Spec is the Environment document, as JSON.
	Spec json.RawMessage `json:"spec"`
}

// EnvironmentDifference is what a create would change.
type EnvironmentDifference struct {
	Name string `json:"name"`
	// Exists says that there is such an environment, which is not being destroyed.
	Exists bool `json:"exists,omitempty"`
	// Waiting says of a request that it waits for runs of experiments to end, "" of none.
	Waiting string `json:"waiting,omitempty"`
	// Changes are none when everything is as the document says.
	Changes []EnvironmentChange `json:"changes,omitempty"`
}

// EnvironmentChange is one change of a create.
type EnvironmentChange struct {
	// Verb is "create", "update" or "prune"; the last removes an object of ours that the
	// document does not ask for any more. "seed" fills the environment.
	Verb string `json:"verb"`
	// Object is what is changed, such as "deployment/api".
	Object string `json:"object"`
	// Field is the field that an update changes.
	Field string `json:"field,omitempty"`
	// Is and Wanted are its values, both "" where a value may be a secret.
	Is     string `json:"is,omitempty"`
	Wanted string `json:"wanted,omitempty"`
}

// EnvironmentsAnswer lists environments by name.
type EnvironmentsAnswer struct {
	Environments []Environment `json:"environments"`
}

// EnvironmentAnswer is one environment with the objects that make it up.
type EnvironmentAnswer struct {
	Environment Environment `json:"environment"`
	// Objects are what the environment consists of, as "kind/name".
	Objects []string `json:"objects,omitempty"`
}

// Nothing is the request of a call that asks without words.
type Nothing struct{}

// Topics and calls of envs.
var (
	EnvironmentCreateTopic      = define("v1.envs.environment.create", func(e EnvironmentCreate) string { return e.Name })
	EnvironmentDestroyTopic     = define("v1.envs.environment.destroy", func(e EnvironmentDestroy) string { return e.Name })
	EnvironmentProgressedTopic  = define("v1.envs.environment.progressed", func(e EnvironmentProgressed) string { return e.Name })
	EnvironmentProvisionedTopic = define("v1.envs.environment.provisioned", func(e Environment) string { return e.Name })
	EnvironmentReadyTopic       = define("v1.envs.environment.ready", func(e EnvironmentReady) string { return e.Name })
	EnvironmentFailedTopic      = define("v1.envs.environment.failed", func(e EnvironmentFailed) string { return e.Name })
	EnvironmentRejectedTopic    = define("v1.envs.environment.rejected", func(e EnvironmentRejected) string { return e.Name + e.Template })
	EnvironmentDestroyedTopic   = define("v1.envs.environment.destroyed", func(e EnvironmentDestroyed) string { return e.Name })
	EnvironmentExpiringTopic    = define("v1.envs.environment.expiring", func(e EnvironmentExpiring) string { return e.Name })

	EnvironmentDiffCall   = ask[EnvironmentDiff, EnvironmentDifference]("v1.envs.environment.diff")
	EnvironmentExtendCall = ask[EnvironmentExtend, Environment]("v1.envs.environment.extend")
	EnvironmentAdoptCall  = ask[EnvironmentAdopt, Environment]("v1.envs.environment.adopt")
	EnvironmentListCall   = ask[Nothing, EnvironmentsAnswer]("v1.envs.environment.list")
	EnvironmentShowCall   = ask[EnvironmentQuery, EnvironmentAnswer]("v1.envs.environment.show")
)
