package probe

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Reading is one measurement: a value, or a problem.
type Reading struct {
	Value float64
	// Wanted is the wanted number, of a probe that counts.
	Wanted *float64
	// Age is how old the newest raw sample was, of the series where it was oldest; nil for
	// a reading that was made when it was asked for.
	Age *time.Duration
	// Oldest is how old the newest raw sample was of the one series of all where it was
	// oldest; nil when that is Age, too.
	Oldest *time.Duration
	// Clock is how far the clock that dates the raw samples was ahead of ours; nil when
	// nothing is known of it, or it is ours.
	Clock   *record.Clock
	Problem *record.ProbeProblem
	// Why is why the value does not hold, where the value alone does not say it; Source is
	// who answered.
	Why, Source string
}

// Problemf is a reading that has no value.
func Problemf(kind record.ProblemKind, format string, args ...any) Reading {
	return Reading{Problem: problemf(kind, format, args...)}
}

func problemf(kind record.ProblemKind, format string, args ...any) *record.ProbeProblem {
	return &record.ProbeProblem{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Take takes one sample within the timeout.
func Take(ctx context.Context, p Probe, at time.Time, timeout time.Duration) record.Sample {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	s := Evaluate(p.Condition(), p.Sample(ctx, at))
	s.At = at
	return s
}

// Evaluate is the sample that a reading amounts to. It trusts nobody: a number that is
// not finite, too old, of unknown age or without what it is compared with is a problem,
// whatever the kind thinks of it.
func Evaluate(c Condition, r Reading) record.Sample {
	var s record.Sample
	if r.Age != nil {
		s.Age = new(events.Duration(*r.Age))
	}
	if r.Oldest != nil {
		s.Oldest = new(events.Duration(*r.Oldest))
	}
	s.Clock = r.Clock
	if s.Problem = problemOf(c, r); s.Problem != nil {
		return s
	}
	s.Value, s.Wanted, s.Source = &r.Value, r.Wanted, cut(r.Source)
	want := c.Value
	if c.Counted {
		want = *r.Wanted
	}
	if s.OK = spec.Holds(r.Value, c.Compare, want); !s.OK {
		s.Why = cut(r.Why)
	}
	return s
}

// problemOf is why a reading has no value, nil when it has one.
func problemOf(c Condition, r Reading) *record.ProbeProblem {
	switch {
	case r.Problem != nil:
		return short(*r.Problem)
	case !finite(r.Value):
		return problemf(record.ProblemNotANumber, "the value is %v", r.Value)
	case c.Counted && (r.Wanted == nil || !finite(*r.Wanted) || *r.Wanted < 1):
		return problemf(record.ProblemNoTarget, "nothing is wanted, so nothing could be missing")
	}
	return staleOf(c, r)
}

// staleOf is why the data of a reading are too old, nil when they are not.
func staleOf(c Condition, r Reading) *record.ProbeProblem {
	switch {
	case c.MaxAge > 0 && r.Age == nil:
		return problemf(record.ProblemStale, "the age of the newest sample is not known")
	case r.Age != nil && *r.Age < 0:
		return problemf(record.ProblemStale, "the newest sample is of %s after it was asked for: whose clock is it?", -*r.Age)
	case c.MaxAge > 0 && r.Oldest != nil && *r.Oldest > c.MaxAge.Std():
		return problemf(record.ProblemStale, "a part of the series has no sample for %s, at most %s allowed", r.Oldest.Round(10*time.Millisecond), c.MaxAge)
	case c.MaxAge > 0 && *r.Age > c.MaxAge.Std():
		return problemf(record.ProblemStale, "the newest sample is %s old, at most %s allowed", r.Age.Round(10*time.Millisecond), c.MaxAge)
	}
	return nil
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// short is a problem that fits into a record and has a name.
func short(p record.ProbeProblem) *record.ProbeProblem {
	if p.Kind == "" {
		p.Kind = record.ProblemUnknown
	}
	p.Message = cut(p.Message)
	return &p
}

// cut is a text that fits into a record.
func cut(text string) string {
	if len(text) > record.MaxMessage {
		return strings.ToValidUTF8(text[:record.MaxMessage], "") + "..."
	}
	return text
}
