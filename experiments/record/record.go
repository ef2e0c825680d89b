package record

import (
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Record is everything that is known of one run, as one JSON document. Every
// report is rendered from it and from nothing else.
type Record struct {
	Schema string `json:"schema"`
	// Migrated is the schema in which the record was begun, where that is an older one.
	Migrated string `json:"migrated,omitempty"`
	// Tool is the version of Shakedown that ran it.
	Tool string `json:"tool"`
	Run  string `json:"run"`
	// Name is the experiment's name.
	Name string `json:"name"`
	// Experiment is the document as run: defaults filled in, the queries after
	// substitution.
	Experiment  spec.Document `json:"experiment"`
	Environment Environment   `json:"environment"`
	Trigger     Trigger       `json:"trigger"`
	Queued      time.Time     `json:"queued"`
	Started     time.Time     `json:"started,omitzero"`
	Ended       time.Time     `json:"ended,omitzero"`
	// Phases are in the order in which they were entered. A run that was begun again
	// after a restart has its last baseline only; Notes name the first.
	Phases []Phase `json:"phases"`
	// Probes are in the order of the hypothesis.
	Probes []ProbeSeries `json:"probes"`
	// Steps are the faults, in the order of the method.
	Steps []Step `json:"steps"`
	// Recovery is the timeline, oldest first: what the watch showed of the victims, and
	// what the probes showed of the service.
	Recovery []Mark  `json:"recovery"`
	Summary  Summary `json:"summary"`
	// Ending is why the run ended otherwise than by its own plan, as the runner said: the
	// only part of the verdict that no sample and no mark shows.
	Ending  Ending  `json:"ending,omitzero"`
	Verdict Verdict `json:"verdict"`
	// Evidence is each thing that "passed" asks for, with what was seen.
	Evidence []Requirement `json:"evidence"`
	// Notes are remarks for the reader, such as a restart of the server.
	Notes []Note `json:"notes,omitempty"`
	// Chain is made when the record is complete: Seal. A record without a verdict has none.
	Chain *Chain `json:"chain,omitempty"`
}

// Environment is what was broken.
type Environment struct {
	// Name is empty where only a namespace was given.
	Name      string `json:"name,omitempty"`
	Namespace string `json:"namespace"`
	Template  string `json:"template,omitempty"`
	Project   string `json:"project,omitempty"`
	Revision  string `json:"revision,omitempty"`
	// Created is when it was made, in RFC 3339: another one of its name has another.
	Created string `json:"created,omitempty"`
	// Labels are those of the environment.
	Labels map[string]string `json:"labels,omitempty"`
	// Components are the images and replicas as they were when the run began.
	Components []events.EnvironmentComponent `json:"components,omitempty"`
}

// Trigger is what began the run.
type Trigger struct {
	// Kind is "command", or the type of the event.
	Kind string `json:"kind"`
	// Event is the id of the event that asked for the run.
	Event string `json:"event,omitempty"`
	// By is the user or the CI project.
	By string `json:"by,omitempty"`
}

// The phases of a run.
const (
	PhaseCreated    = "created"
	PhaseBaseline   = "baseline"
	PhaseInjecting  = "injecting"
	PhaseObserving  = "observing"
	PhaseRecovering = "recovering"
	PhaseReverting  = "reverting"
	PhaseJudging    = "judging"
	PhaseFinished   = "finished"
)

// Phase is a stretch of the run. Ended is zero while it lasts.
type Phase struct {
	Name string `json:"name"`
	// Step is the index of the method's step that the phase belongs to.
	Step    int       `json:"step,omitempty"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
}
