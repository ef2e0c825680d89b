package probe

import (
	"context"
	"encoding/json"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Kind is one kind of probes. Its methods may be called at the same time from several
// goroutines.
type Kind interface {
	// Kind describes it.
	Kind() Info
	// Check reads the part of a probe, fills in what is left out and reports all that is
	// wrong, with keys relative to the part. It asks nobody, also where a server would be
	// needed to sample. The probe is nil when there are problems.
	Check(part json.RawMessage) (Probe, events.Problems)
	// Advise says what to do about a problem of the probe with the name; "" when there is
	// nothing to say.
	Advise(problem record.ProblemKind, name string) string
}

// Choosy is a kind that cannot measure in this process all that is valid.
type Choosy interface {
	// Lacks is what this process lacks to sample the probe with a valid part; nil when it
	// lacks nothing that is known before the run.
	Lacks(part json.RawMessage) *events.Error
}

// Info is what must be known of a kind.
type Info struct {
	// Name is the key of its part in a probe.
	Name string
	// Part is a pointer to an empty part, whose json and jsonschema tags are its form.
	Part any
	// Missing is what this process lacks to take samples; nil when it lacks nothing.
	Missing *events.Error
}

// Probe is one probe of a hypothesis, read by its kind. Its methods may be called at the
// same time from several goroutines.
type Probe interface {
	// Part is the part of the document with its defaults, as a value for JSON.
	Part() any
	// Resolve is the probe as it is run in one place. The receiver is not changed.
	Resolve(v spec.Variables) Probe
	// Condition is what the probe must show.
	Condition() Condition
	// Sample measures once, at the time given as far as the kind can choose it. Any error
	// is a problem, never a number. It returns when ctx ends.
	Sample(ctx context.Context, at time.Time) Reading
}

// Condition is what a probe must show, for the engine and for people.
type Condition struct {
	// Query is exactly what is asked.
	Query string
	// Statement says what must be true, where Compare and Value do not say it.
	Statement string
	// Compare and Value are the condition on the value of a reading.
	Compare string
	Value   float64
	// Counted says that each reading brings the wanted number, which takes the place of
	// Value.
	Counted bool
	// MaxAge is how old the data of a reading may be; zero for a kind that measures when
	// it is asked.
	MaxAge events.Duration
	// Reach is the window of the query: a value shows what was up to so long before its data.
	Reach events.Duration
	// Timeout is how long the probe itself waits for an answer; zero for a kind that leaves
	// it to the engine.
	Timeout events.Duration
	// Limits name what the document allows although it makes evidence worse.
	Limits []string
}
