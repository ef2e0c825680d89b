package record

import (
	"slices"
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
	Age     *events.Duration `json:"age,omitempty"`
	Problem *ProbeProblem    `json:"problem,omitempty"`
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
)

// SplitAt splits samples into those before t and the others.
func SplitAt(samples []Sample, t time.Time) (before, after []Sample) {
	if t.IsZero() {
		return samples, nil
	}
	i := slices.IndexFunc(samples, func(s Sample) bool { return s.At.After(t) })
	if i < 0 {
		return samples, nil
	}
	return samples[:i], samples[i:]
}

// Trailing are the good samples in a row at the end, none of them before since.
func Trailing(samples []Sample, since time.Time) []Sample {
	i := len(samples)
	for i > 0 && samples[i-1].Good() && !samples[i-1].At.Before(since) {
		i--
	}
	return samples[i:]
}

// Span is the time from the first sample to the last.
func Span(samples []Sample) time.Duration {
	if len(samples) == 0 {
		return 0
	}
	return samples[len(samples)-1].At.Sub(samples[0].At)
}
