package experiments

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// RecordSchema is the version of the run record. Within a version only optional
// fields are added.
const RecordSchema = "shakedown.dev/run/v1"

// Record is everything that is known of one run, as one JSON document. Every
// report is rendered from it and from nothing else.
type Record struct {
	Schema string `json:"schema"`
	// Tool is the version of Shakedown that ran it.
	Tool string `json:"tool"`
	Run  string `json:"run"`
	// Name is the experiment's name.
	Name string `json:"name"`
	// Experiment is the document as run: defaults filled in, the queries after
	// substitution.
	Experiment  Document    `json:"experiment"`
	Environment Environment `json:"environment"`
	Trigger     Trigger     `json:"trigger"`
	Queued      time.Time   `json:"queued"`
	Started     time.Time   `json:"started,omitzero"`
	Ended       time.Time   `json:"ended,omitzero"`
	// Phases are in the order in which they were entered. A run that was begun again
	// after a restart has its last baseline only; Notes tell of the first.
	Phases []Phase `json:"phases"`
	// Probes are in the order of the hypothesis.
	Probes []ProbeSeries `json:"probes"`
	// Steps are the faults, in the order of the method.
	Steps []Step `json:"steps"`
	// Recovery is the timeline, oldest first: what the API server's watch showed of the
	// victims and their replacements, and what the probes showed of the service.
	Recovery []Mark  `json:"recovery"`
	Summary  Summary `json:"summary"`
	Verdict  Verdict `json:"verdict"`
	// Evidence is each thing that "passed" asks for, with what was seen.
	Evidence []Requirement `json:"evidence"`
	// Notes are remarks for the reader, such as a restart of the server.
	Notes []Note `json:"notes,omitempty"`
}

// Environment is what was broken.
type Environment struct {
	// Name is empty where only a namespace was given.
	Name      string `json:"name,omitempty"`
	Namespace string `json:"namespace"`
	Template  string `json:"template,omitempty"`
	Project   string `json:"project,omitempty"`
	Revision  string `json:"revision,omitempty"`
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

// ProbeSeries is one probe of the hypothesis with all that it showed.
type ProbeSeries struct {
	Name string `json:"name"`
	// Kind is "prometheus" or "ready".
	Kind string `json:"kind"`
	// Must is "hold" or "recover".
	Must string `json:"must"`
	// Query is the exact PromQL after substitution; for readiness what was counted.
	Query string `json:"query"`
	// Compare and Value are the condition. For readiness of a component the wanted
	// number is in each sample, since it may change.
	Compare string  `json:"compare"`
	Value   float64 `json:"value"`
	// MaxAge is how old the newest raw sample of every selector may be.
	MaxAge events.Duration `json:"maxAge,omitempty"`
	// Resolution is the error bar of every time taken from this probe: the larger of
	// the sampling interval and the scrape interval that was seen.
	Resolution events.Duration `json:"resolution"`
	Samples    []Sample        `json:"samples"`
	// Outages are the stretches after the injection in which the probe did not hold.
	Outages []Outage `json:"outages,omitempty"`
}

// Sample is what a probe showed at one time. It has a value or a problem, never
// both: what could not be measured is not a number.
type Sample struct {
	// At is the evaluation time.
	At    time.Time `json:"t"`
	Value *float64  `json:"value,omitempty"`
	// Wanted is the wanted number of replicas, for readiness.
	Wanted *float64 `json:"wanted,omitempty"`
	// OK says that there is a value and that it meets the condition.
	OK bool `json:"ok"`
	// Age is how old the newest raw sample was, of the selector where it was oldest.
	Age     *events.Duration `json:"age,omitempty"`
	Problem *ProbeProblem    `json:"problem,omitempty"`
}

// ProbeProblem is why a probe has no value.
type ProbeProblem struct {
	Kind    ProblemKind `json:"kind"`
	Message string      `json:"message"`
}

// ProblemKind names what kept a probe from a value. Kinds are record values:
// append only.
type ProblemKind string

// The kinds of probe problems.
const (
	ProblemNoData        ProblemKind = "no-data"
	ProblemNotANumber    ProblemKind = "not-a-number"
	ProblemSeveralSeries ProblemKind = "several-series"
	ProblemWrongType     ProblemKind = "wrong-type"
	ProblemStale         ProblemKind = "stale"
	ProblemWarnings      ProblemKind = "warnings"
	ProblemHTTP          ProblemKind = "http-error"
	ProblemTimeout       ProblemKind = "timeout"
	ProblemUnreachable   ProblemKind = "unreachable"
	ProblemQuery         ProblemKind = "bad-query"
	ProblemNoTarget      ProblemKind = "no-target"
	ProblemAPI           ProblemKind = "api-error"
)

// Outage is a stretch in which a probe did not hold: from its first bad sample to
// the first good one after it. Both ends are known to Resolution only.
type Outage struct {
	Started time.Time `json:"started"`
	// Ended is zero when the run ended before the probe held again.
	Ended      time.Time       `json:"ended,omitzero"`
	Duration   events.Duration `json:"duration"`
	Resolution events.Duration `json:"resolution"`
	// Worst is the value farthest from the condition.
	Worst *float64 `json:"worst,omitempty"`
	// Samples is how many samples were bad or had a problem.
	Samples int `json:"samples"`
}

// Step is one fault of the method: what was asked for, who allowed it, what it hit
// and how it ended.
type Step struct {
	Index int    `json:"index"`
	Fault string `json:"fault"`
	Kind  string `json:"kind"`
	// Target is as resolved: component names have become label selectors.
	Target events.FaultTarget `json:"target"`
	// Seed is the one that the victims were drawn with, by chaos where none was given.
	Seed uint64 `json:"seed,omitempty"`
	// Requested is when the injection was asked for, Injected when the kills were
	// accepted, Closed when nothing of the fault was in effect any more.
	Requested time.Time `json:"requested,omitzero"`
	Injected  time.Time `json:"injected,omitzero"`
	Closed    time.Time `json:"closed,omitzero"`
	// Outcome is "injected", "refused", "failed" or "" while it is not known.
	Outcome string `json:"outcome,omitempty"`
	// Reason and Advice are those of a refusal or a failure.
	Reason    string                 `json:"reason,omitempty"`
	Advice    string                 `json:"advice,omitempty"`
	Decisions []events.GuardDecision `json:"decisions,omitempty"`
	Victims   []events.Victim        `json:"victims,omitempty"`
	// Recovered and CloseReason are what chaos said when it closed the fault.
	Recovered   bool     `json:"recovered"`
	CloseReason string   `json:"closeReason,omitempty"`
	Residue     []string `json:"residue,omitempty"`
}

// The outcomes of a step.
const (
	OutcomeInjected = "injected"
	OutcomeRefused  = "refused"
	OutcomeFailed   = "failed"
)

// The marks that the probes add to those of the recovery (events.Mark...).
const (
	MarkFirstBad = "first-bad-sample"
	MarkSLIBack  = "sli-back"
)

// The sources of marks.
const (
	SourceWatch = "watch"
	SourceProbe = "probe"
)

// Mark is one point of the recovery timeline.
type Mark struct {
	// Mark is one of events.Mark..., MarkFirstBad or MarkSLIBack.
	Mark string    `json:"mark"`
	At   time.Time `json:"at"`
	// After is the time since the kill was accepted, of the same step.
	After events.Duration `json:"after"`
	Step  int             `json:"step"`
	// Source is "watch" (the API server told it) or "probe" (the samples showed it).
	Source string `json:"source"`
	// Resolution is the error bar of At; zero for a watch, which tells at once.
	Resolution events.Duration `json:"resolution,omitempty"`
	// Victim is the UID of the pod killed, Object the pod the mark is about.
	Victim string `json:"victim,omitempty"`
	Object string `json:"object,omitempty"`
	Node   string `json:"node,omitempty"`
	// Probe is the probe's name, where Source is "probe".
	Probe string `json:"probe,omitempty"`
}

// Summary is the run in a few figures. Nil means not measured.
type Summary struct {
	// Detection is from the first accepted kill to the first bad sample.
	Detection *events.Duration `json:"detection,omitempty"`
	// Recovery is from the accepted kill to the last replacement's readiness, of the
	// step where it took longest.
	Recovery *events.Duration `json:"recovery,omitempty"`
	// Restored is from the last accepted kill to all probes holding for good.
	Restored *events.Duration `json:"restored,omitempty"`
	// Outage is how long some probe with "must: hold" did not hold, or any probe if
	// none of those broke; zero is a measurement, too.
	Outage *events.Duration `json:"outage,omitempty"`
	// OutageResolution is the error bar of Outage.
	OutageResolution events.Duration `json:"outageResolution,omitempty"`
	// Samples and Problems count over all probes and the whole run.
	Samples  int `json:"samples"`
	Problems int `json:"problems"`
	Victims  int `json:"victims"`
}

// Word is the verdict in one word.
type Word string

// The words of a verdict.
const (
	Passed       Word = "passed"
	Failed       Word = "failed"
	Inconclusive Word = "inconclusive"
	NotRun       Word = "not-run"
	Aborted      Word = "aborted"
)

// Verdict is what the run came to. Nothing changes it afterwards.
type Verdict struct {
	Word Word `json:"word,omitempty"`
	// Reason is for people and names the values; "passed" has one, too.
	Reason string `json:"reason,omitempty"`
	// Guard is the name of the guard that refused, where one did.
	Guard string `json:"guard,omitempty"`
	// Advice is the next best thing to mend.
	Advice string `json:"advice,omitempty"`
}

// Requirement is one thing that "passed" asks for.
type Requirement struct {
	Name string `json:"name"`
	Met  bool   `json:"met"`
	// Wanted is the rule, Seen what was found.
	Wanted string `json:"wanted"`
	Seen   string `json:"seen"`
}

// Note is a remark with its time.
type Note struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// ParseRecord reads a run record. A record of another schema is an error.
func ParseRecord(raw []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(raw, &r); err != nil {
		return Record{}, fmt.Errorf("decode run record: %w", err)
	}
	if r.Schema != RecordSchema {
		return Record{}, events.Errorf(events.KindInvalid, "use a version of shakedown that writes "+RecordSchema,
			"run record has schema %q, want %q", r.Schema, RecordSchema)
	}
	return r, nil
}
