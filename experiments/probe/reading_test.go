package probe

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

func atLeast(v float64) Condition { return Condition{Query: "q", Compare: ">=", Value: v} }

func TestEvaluate(t *testing.T) {
	aged := Condition{Query: "q", Compare: ">=", Value: 1, MaxAge: events.Duration(15 * time.Second)}
	counted := Condition{Query: "q", Compare: ">=", Counted: true}
	for _, tc := range []struct {
		name      string
		condition Condition
		reading   Reading
		ok        bool
		problem   record.ProblemKind
	}{
		{"holds", atLeast(1), Reading{Value: 1}, true, ""},
		{"breaks", atLeast(1), Reading{Value: 0.99}, false, ""},
		{"unknown comparison", Condition{Compare: "=~"}, Reading{Value: 1}, false, ""},
		{"no comparison", Condition{}, Reading{}, false, ""},
		{"NaN", atLeast(0), Reading{Value: math.NaN()}, false, record.ProblemNotANumber},
		{"infinite", atLeast(0), Reading{Value: math.Inf(1)}, false, record.ProblemNotANumber},
		{"value and problem", atLeast(0), Reading{Value: 1, Problem: &record.ProbeProblem{Kind: record.ProblemStale}}, false, record.ProblemStale},
		{"problem without a name", atLeast(0), Reading{Problem: &record.ProbeProblem{}}, false, record.ProblemUnknown},
		{"young", aged, Reading{Value: 1, Age: new(15 * time.Second)}, true, ""},
		{"old", aged, Reading{Value: 1, Age: new(15*time.Second + 1)}, false, record.ProblemStale},
		{"of unknown age", aged, Reading{Value: 1}, false, record.ProblemStale},
		{"all there", counted, Reading{Value: 3, Wanted: new(3.0)}, true, ""},
		{"one is missing", counted, Reading{Value: 2, Wanted: new(3.0)}, false, ""},
		{"nothing is wanted", counted, Reading{Value: 0, Wanted: new(0.0)}, false, record.ProblemNoTarget},
		{"wanted is no number", counted, Reading{Value: 0, Wanted: new(math.NaN())}, false, record.ProblemNoTarget},
		{"wanted is infinite", counted, Reading{Value: 0, Wanted: new(math.Inf(-1))}, false, record.ProblemNoTarget},
		{"wanted is not known", counted, Reading{Value: 3}, false, record.ProblemNoTarget},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := Evaluate(tc.condition, tc.reading)
			kind := record.ProblemKind("")
			if s.Problem != nil {
				kind = s.Problem.Kind
			}
			if s.OK != tc.ok || kind != tc.problem || (s.Value == nil) != (s.Problem != nil) {
				t.Errorf("got %+v, problem %+v", s, s.Problem)
			}
		})
	}
}

// FuzzEvaluate checks that a sample has a value or a problem, never both, and holds only
// with a finite value.
func FuzzEvaluate(f *testing.F) {
	f.Add(1.0, 1.0, 3.0, int64(5), uint8(0), ">=")
	f.Add(math.NaN(), 1.0, 0.0, int64(-5), uint8(255), "!=")
	f.Fuzz(func(t *testing.T, value, want, wanted float64, age int64, bits uint8, compare string) {
		has := func(bit uint8) bool { return bits&(1<<bit) != 0 }
		c := Condition{Compare: compare, Value: want, Counted: has(0)}
		r := Reading{Value: value}
		if has(1) {
			c.MaxAge = events.Duration(time.Second)
		}
		if has(2) {
			r.Age = new(time.Duration(age))
		}
		if has(3) {
			r.Wanted = &wanted
		}
		if has(4) {
			r.Problem = &record.ProbeProblem{Message: compare}
		}
		s := Evaluate(c, r)
		if (s.Value == nil) != (s.Problem != nil) || s.OK && s.Value == nil || s.Value != nil && !finite(*s.Value) {
			t.Errorf("%+v of %+v is %+v", c, r, s)
		}
		if s.Problem != nil && (s.Problem.Kind == "" || len(s.Problem.Message) > record.MaxMessage+3) {
			t.Errorf("problem %+v", s.Problem)
		}
	})
}

func TestLongProblemsAreCutOff(t *testing.T) {
	s := Evaluate(atLeast(1), Problemf(record.ProblemHTTP, "%s", strings.Repeat("ä", 200)))
	if n := len(s.Problem.Message); n > record.MaxMessage+3 || !strings.HasSuffix(s.Problem.Message, "ä...") {
		t.Errorf("%d bytes: %q", n, s.Problem.Message)
	}
}

// patient is a probe that waits until its context ends.
type patient struct{ Probe }

func (patient) Condition() Condition { return atLeast(1) }

func (patient) Sample(ctx context.Context, _ time.Time) Reading {
	<-ctx.Done()
	return Problemf(record.ProblemTimeout, "%v", ctx.Err())
}

func TestTakeIsBounded(t *testing.T) {
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	got := Take(t.Context(), patient{}, at, time.Millisecond)
	want := record.Sample{At: at, Problem: &record.ProbeProblem{Kind: record.ProblemTimeout, Message: "context deadline exceeded"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestReasons: a sample that does not hold says why, one that holds does not, and both say
// who answered.
func TestReasons(t *testing.T) {
	for _, tc := range []struct {
		reading Reading
		want    record.Sample
	}{
		{Reading{Value: 1, Why: "left over", Source: "a:80"}, record.Sample{Value: new(1.0), OK: true, Source: "a:80"}},
		{Reading{Value: 0, Why: "status 503", Source: "a:80"}, record.Sample{Value: new(0.0), Why: "status 503", Source: "a:80"}},
		{Reading{Value: 0, Why: strings.Repeat("x", 500)}, record.Sample{Value: new(0.0), Why: strings.Repeat("x", record.MaxMessage) + "..."}},
	} {
		if diff := cmp.Diff(tc.want, Evaluate(atLeast(1), tc.reading)); diff != "" {
			t.Error(diff)
		}
	}
}
