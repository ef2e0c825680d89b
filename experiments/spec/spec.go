package spec

import (
	"encoding/json"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Kind is that of every experiment document.
const Kind = "Experiment"

// Document is an Experiment as a team keeps it in git.
type Document struct {
	events.Header
	Spec Spec `json:"spec"`
}

// Spec says what is believed, what is broken and how long it may take to heal.
type Spec struct {
	Description string `json:"description,omitempty"`
	// On is the event that starts the experiment; empty means by command only.
	On           string   `json:"on,omitempty" jsonschema:"enum=environment.ready,description=the event that starts it; absent: by command only"`
	Environments Selector `json:"environments,omitzero" jsonschema:"description=which environments the trigger means; empty means all"`
	// Hypothesis is the steady state: all probes hold.
	Hypothesis []Probe         `json:"hypothesis"`
	Baseline   Baseline        `json:"baseline,omitzero"`
	Interval   events.Duration `json:"interval,omitempty" jsonschema:"description=time between two samples (default 1s)"`
	Method     []Fault         `json:"method"`
	// Observe is how long sampling goes on at least after the last injection.
	Observe  events.Duration `json:"observe,omitempty" jsonschema:"description=sampling goes on at least this long after the last injection (default 10s)"`
	Recovery Recovery        `json:"recovery,omitzero"`
}

// Baseline is how long, and with how many samples of each probe, the hypothesis must
// hold before anything is broken.
type Baseline struct {
	Duration events.Duration `json:"duration,omitempty" jsonschema:"description=default 5s"`
	Samples  int             `json:"samples,omitempty" jsonschema:"description=default 5 or what fits into the duration"`
	// Grace is how long after its duration the environment may take to settle; absent: as
	// the server is configured.
	Grace events.Duration `json:"grace,omitzero" jsonschema:"description=how much longer than its duration the environment may take to settle (default 15s)"`
}

// Fault is one step of the method.
type Fault struct {
	Fault  string `json:"fault" jsonschema:"required"`
	Target Target `json:"target"`
	// Params are the parameters of the kind of fault, which knows them.
	Params   json.RawMessage `json:"params,omitempty" jsonschema:"type=object,description=parameters of the fault: see shakedown chaos faults"`
	Duration events.Duration `json:"duration,omitzero" jsonschema:"description=how long the fault stays in effect; for faults that take a duration"`
	// GracePeriod is the parameter gracePeriod in the form of before there were Params.
	GracePeriod *events.Duration `json:"gracePeriod,omitempty" jsonschema:"description=whole seconds; absent: the pod's own"`
	Seed        uint64           `json:"seed,omitempty" jsonschema:"description=makes the choice of victims repeatable; absent: drawn and recorded"`
	AllowOutage bool             `json:"allowOutage,omitempty" jsonschema:"description=lets the fault take the last ready replica"`
}

// Target says what a fault may hit: a component of the environment or pods by label,
// and how many of them.
type Target struct {
	Component string `json:"component,omitempty"`
	Labels    string `json:"labels,omitempty"`
	Count     *int   `json:"count,omitempty"`
	Percent   *int   `json:"percent,omitempty"`
	PerOwner  *int   `json:"perOwner,omitempty"`
}

// Recovery bounds the healing: all probes hold again within Budget of the injection, or
// of the end of a fault that has a duration, for Samples samples in a row.
type Recovery struct {
	Budget  events.Duration `json:"budget,omitempty" jsonschema:"description=default 60s; of a fault with a duration counted from its end"`
	Samples int             `json:"samples,omitempty" jsonschema:"description=default 3"`
}

// What WithDefaults fills in.
const (
	defaultInterval        = events.Duration(time.Second)
	defaultObserve         = events.Duration(10 * time.Second)
	defaultBaseline        = events.Duration(5 * time.Second)
	defaultBaselineSamples = 5
	defaultBudget          = events.Duration(time.Minute)
	defaultRecoverySamples = 3
)

// Parse reads a document from JSON. Unknown fields are errors, but for the keys of the
// kinds of probes, which Validate checks.
func Parse(raw []byte) (Document, error) { return events.ParseDocument[Document](Kind, raw) }

// NameOf is the experiment's name, as far as the document can be read.
func NameOf(spec json.RawMessage) string {
	var d struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	if json.Unmarshal(spec, &d) != nil {
		return ""
	}
	return d.Metadata.Name
}

// WithDefaults is the document with every optional value filled in. The receiver is
// not changed.
func (d Document) WithDefaults() Document {
	s := &d.Spec
	orElse(&s.Interval, defaultInterval)
	orElse(&s.Observe, defaultObserve)
	orElse(&s.Baseline.Duration, defaultBaseline)
	fits := 1
	if s.Interval > 0 {
		fits = max(1, int(min(s.Baseline.Duration/s.Interval, defaultBaselineSamples)))
	}
	orElse(&s.Baseline.Samples, fits)
	orElse(&s.Recovery.Budget, defaultBudget)
	orElse(&s.Recovery.Samples, defaultRecoverySamples)
	s.Hypothesis = append([]Probe(nil), s.Hypothesis...)
	for i := range s.Hypothesis {
		s.Hypothesis[i] = s.Hypothesis[i].withDefaults()
	}
	return d
}

func orElse[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}
