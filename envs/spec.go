package envs

import (
	"maps"

	"github.com/shakedown-dev/shakedown/events"
)

// Kind is the kind of document that this package reads.
const Kind = "Environment"

// Document is an Environment file: what a team keeps in git. The name is also
// that of the namespace, and the labels are those by which experiments choose
// environments.
type Document struct {
	events.Header
	Spec Spec `json:"spec" jsonschema:"required"`
}

// Spec is what the environment consists of.
type Spec struct {
	// Project is whose environment it is, "" for one that is made by hand; of a template
	// it is who may build from it, "" for everybody.
	Project string `json:"project,omitempty" jsonschema:"description=the CI project that it belongs to; a template serves the builds of this project alone"`
	// TTL is how long the environment lives after the last deploy; 0 means for ever.
	TTL events.Duration `json:"ttl,omitzero" jsonschema:"description=how long it lives after the last deploy such as 72h; then it is destroyed"`
	// Seed names the DataCopy that fills the environment, once, before it is ready.
	Seed       string               `json:"seed,omitempty" jsonschema:"description=name of the DataCopy that fills it once before it counts as ready"`
	Chaos      Chaos                `json:"chaos,omitzero" jsonschema:"description=whether faults may be injected here"`
	Components map[string]Component `json:"components" jsonschema:"required,description=the services by name; each becomes a Deployment and with ports a Service"`
}

// Chaos is the opt-in without which no fault is injected, and what a deploy does that finds
// runs of experiments in the environment.
type Chaos struct {
	Allow bool `json:"allow,omitempty"`
	// Protected keeps faults out although they are allowed, until somebody arms the
	// environment for a time.
	Protected bool `json:"protected,omitempty" jsonschema:"description=lets faults in only while somebody has armed the environment (shakedown chaos arm)"`
	// OnDeploy is "" for OnDeployWait.
	OnDeploy string `json:"onDeploy,omitempty" jsonschema:"enum=wait,enum=abort,description=what a deploy does while experiments break the environment: it waits for the end of their runs (default) or aborts them"`
}

// What a deploy does that finds runs of experiments in the environment.
const (
	OnDeployWait  = "wait"
	OnDeployAbort = "abort"
)

// Component is one service of the environment.
type Component struct {
	Image string `json:"image" jsonschema:"required,description=image reference"`
	// Replicas is nil for the default of 1, so that 0 can be asked for.
	Replicas *int `json:"replicas,omitempty" jsonschema:"minimum=0,description=how many pods; default 1"`
	// MinReadySeconds is nil for the default, which depends on the readiness probe.
	MinReadySeconds *int                `json:"minReadySeconds,omitempty" jsonschema:"minimum=0,maximum=300,description=how long a pod must be Ready with no container ending before it counts; default 0 with a readiness probe and 30 without one"`
	Command         []string            `json:"command,omitempty" jsonschema:"description=replaces the entrypoint of the image; Kubernetes puts in the variables of env for $(NAME)"`
	Args            []string            `json:"args,omitempty" jsonschema:"description=replaces the arguments of the image; Kubernetes puts in the variables of env for $(NAME)"`
	Env             map[string]Variable `json:"env,omitempty" jsonschema:"description=environment variables; a text arrives as it is written: $(NAME) is no reference here"`
	Ports           []Port              `json:"ports,omitempty" jsonschema:"description=ports of the Service; none means no Service"`
	Probes          Probes              `json:"probes,omitzero"`
	Resources       Resources           `json:"resources,omitzero"`
	Annotations     map[string]string   `json:"annotations,omitempty" jsonschema:"description=annotations of the pods"`
	Labels          map[string]string   `json:"labels,omitempty" jsonschema:"description=labels of the pods beside ours"`
	// TerminationGracePeriod is whole seconds; nil leaves the cluster's default.
	TerminationGracePeriod *events.Duration `json:"terminationGracePeriod,omitempty" jsonschema:"description=time a pod gets to shut down such as 10s"`
}

// Port is one port of a component's Service.
type Port struct {
	Name       string `json:"name,omitempty" jsonschema:"description=needed when there are several"`
	Port       int    `json:"port" jsonschema:"required,minimum=1,maximum=65535"`
	TargetPort int    `json:"targetPort,omitempty" jsonschema:"minimum=1,maximum=65535,description=port of the container; default the same as port"`
	Protocol   string `json:"protocol,omitempty" jsonschema:"enum=TCP,enum=UDP,enum=SCTP,description=default TCP"`
}

// Probes are the health checks of a component's container.
type Probes struct {
	Readiness *Probe `json:"readiness,omitempty"`
	Liveness  *Probe `json:"liveness,omitempty"`
	Startup   *Probe `json:"startup,omitempty"`
}

// Probe is one health check: exactly one of HTTPGet, TCP and Exec. Zero numbers
// leave the cluster's defaults.
type Probe struct {
	HTTPGet             *HTTPGet `json:"httpGet,omitempty"`
	TCP                 *TCP     `json:"tcp,omitempty"`
	Exec                *Exec    `json:"exec,omitempty"`
	InitialDelaySeconds int      `json:"initialDelaySeconds,omitempty" jsonschema:"minimum=0"`
	PeriodSeconds       int      `json:"periodSeconds,omitempty" jsonschema:"minimum=0"`
	TimeoutSeconds      int      `json:"timeoutSeconds,omitempty" jsonschema:"minimum=0"`
	SuccessThreshold    int      `json:"successThreshold,omitempty" jsonschema:"minimum=0"`
	FailureThreshold    int      `json:"failureThreshold,omitempty" jsonschema:"minimum=0"`
}

// HTTPGet probes by a GET request that must be answered with 200 to 399.
type HTTPGet struct {
	Path   string `json:"path,omitempty"`
	Port   int    `json:"port" jsonschema:"required,minimum=1,maximum=65535"`
	Scheme string `json:"scheme,omitempty" jsonschema:"enum=HTTP,enum=HTTPS"`
}

// TCP probes by a connection.
type TCP struct {
	Port int `json:"port" jsonschema:"required,minimum=1,maximum=65535"`
}

// Exec probes by a command in the container that must exit with 0.
type Exec struct {
	Command []string `json:"command" jsonschema:"required"`
}

// Resources are Kubernetes quantities by resource name, such as cpu: 10m.
type Resources struct {
	Requests map[string]Quantity `json:"requests,omitempty"`
	Limits   map[string]Quantity `json:"limits,omitempty"`
}

// Parse reads a Document from JSON, strictly; see events.ParseDocument.
func Parse(raw []byte) (Document, error) { return events.ParseDocument[Document](Kind, raw) }

// WithDefaults is the document with every default filled in. The receiver is
// left as it is.
func (d Document) WithDefaults() Document {
	d.Spec.Components = maps.Clone(d.Spec.Components)
	for name, c := range d.Spec.Components {
		d.Spec.Components[name] = c.withDefaults()
	}
	return d
}

func (c Component) withDefaults() Component {
	if c.Replicas == nil {
		c.Replicas = new(1)
	}
	if hold := c.minReady(); c.MinReadySeconds == nil && hold > 0 {
		c.MinReadySeconds = &hold
	}
	ports := make([]Port, 0, len(c.Ports))
	for _, p := range c.Ports {
		if p.TargetPort == 0 {
			p.TargetPort = p.Port
		}
		if p.Protocol == "" {
			p.Protocol = "TCP"
		}
		ports = append(ports, p)
	}
	if len(ports) > 0 {
		c.Ports = ports
	}
	return c
}

// Wanted is how many replicas the component is to have.
func (c Component) Wanted() int {
	if c.Replicas == nil {
		return 1
	}
	return *c.Replicas
}
