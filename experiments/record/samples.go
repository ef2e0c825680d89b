package record

import (
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

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
	Age *events.Duration `json:"age,omitempty"`
	// Oldest is how old the newest raw sample of that series was of which it was oldest.
	Oldest *events.Duration `json:"oldest,omitempty"`
	// Took is how long the answer was waited for, of a probe that measures when it is asked.
	Took    events.Duration `json:"took,omitempty"`
	Problem *ProbeProblem   `json:"problem,omitempty"`
	// Why is why the value does not hold, where the value alone does not say it.
	Why string `json:"why,omitempty"`
	// Source is who answered, such as the address of a connection.
	Source string `json:"source,omitempty"`
	// Clock is what the sample shows of the clock that dates the raw samples; the series
	// keeps it.
	Clock *Clock `json:"-"`
}

// Good says whether the sample has a value that holds.
func (s Sample) Good() bool { return s.OK && s.Value != nil && s.Problem == nil }

// Bad says whether the sample has a value that does not hold.
func (s Sample) Bad() bool { return !s.OK && s.Value != nil && s.Problem == nil }

// Bounds of a record. They keep it below the 1 MiB that one value of the store and one
// answer may have.
const (
	// Full is the number of samples from which a record takes no more.
	Full = 4000
	// maxMessage is the longest message of a problem, in bytes.
	MaxMessage = 160
)

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
	ProblemUnknown       ProblemKind = "unknown"
	ProblemGone          ProblemKind = "series-gone"
	ProblemWindow        ProblemKind = "short-window"
	ProblemNothingLeft   ProblemKind = "nothing-left"
	ProblemOurSide       ProblemKind = "our-side"
	ProblemNotAllowed    ProblemKind = "not-allowed"
)
