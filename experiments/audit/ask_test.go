package audit

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// memory is a kind of probes and its only probe. With a maximal age its data are kept, and it
// answers by the time that is asked for.
type memory struct {
	name   string
	maxAge events.Duration
	reach  events.Duration
	answer func(second int) probe.Reading
}

func (m memory) Kind() probe.Info                       { return probe.Info{Name: m.name} }
func (memory) Advise(record.ProblemKind, string) string { return "" }
func (m memory) Part() any                              { return nil }
func (m memory) Resolve(spec.Variables) probe.Probe     { return m }
func (m memory) Condition() probe.Condition {
	return probe.Condition{Query: "min(up)", Compare: ">=", Value: 1, MaxAge: m.maxAge, Reach: m.reach}
}

func (m memory) Check(json.RawMessage) (probe.Probe, events.Problems) { return m, nil }

func (m memory) Sample(ctx context.Context, at time.Time) probe.Reading {
	if ctx.Err() != nil {
		return probe.Problemf(record.ProblemTimeout, "no time left")
	}
	return m.answer(int(at.Sub(noon()).Seconds() - 0.5))
}

// kept answers as the run saw it.
func kept(second int) probe.Reading {
	v := 1.0
	if second >= 0 {
		v = broke(second)
	}
	return reading(v, 300*time.Millisecond)
}

func reading(v float64, age time.Duration) probe.Reading {
	return probe.Reading{Value: v, Age: &age, Oldest: &age}
}

func gone() probe.Reading { return probe.Problemf(record.ProblemNoData, "min(up) has no series") }

// TestAsk has what a memory may answer later, and what is said of the 24 samples of
// availability.
func TestAsk(t *testing.T) {
	for _, tc := range []struct {
		name     string
		answer   func(second int) probe.Reading
		change   func(*record.Record)
		want     Data
		holds    bool
		complete bool
	}{
		{name: "the same", answer: kept, want: Data{State: Same, Same: 24}, holds: true, complete: true},
		{
			name: "sums in another order", answer: func(s int) probe.Reading { return reading(kept(s).Value*(1+1e-15), 300*time.Millisecond) },
			want: Data{State: Same, Same: 24}, holds: true, complete: true,
		},
		{
			name: "other values", answer: func(s int) probe.Reading {
				if s == 9 {
					return reading(0.5, 300*time.Millisecond)
				}
				return kept(s)
			},
			want: Data{State: Different, Same: 23, Different: 1, Where: []Difference{{At: second(9.5), Record: "1 of data 300ms old", Again: "0.5 of data 300ms old"}}}, complete: true,
		},
		{
			name: "the record has younger data than there are", answer: func(s int) probe.Reading {
				if s == 9 {
					return reading(1, 800*time.Millisecond)
				}
				return kept(s)
			},
			want: Data{State: Different, Same: 23, Different: 1, Where: []Difference{{At: second(9.5), Record: "1 of data 300ms old", Again: "1 of data 800ms old"}}}, complete: true,
		},
		{
			name: "data came in later", answer: func(s int) probe.Reading {
				if s == 2 {
					return reading(1, 100*time.Millisecond)
				}
				return kept(s)
			},
			want: Data{State: InPart, Same: 23, Late: 1}, holds: true,
		},
		{name: "no longer kept", answer: func(int) probe.Reading { return gone() }, want: Data{State: Gone, Gone: 24, Why: "min(up) has no series"}, holds: true},
		{
			name: "partly kept", answer: func(s int) probe.Reading {
				if s < 0 {
					return gone()
				}
				return kept(s)
			},
			want: Data{State: InPart, Same: 16, Gone: 8, Why: "min(up) has no series"}, holds: true,
		},
		{
			name: "a hole in what is kept", answer: func(s int) probe.Reading {
				if s == 3 {
					return gone()
				}
				return kept(s)
			},
			want: Data{State: Different, Same: 23, Different: 1, Where: []Difference{{At: second(3.5), Record: "0 of data 300ms old", Again: "no value: no-data: min(up) has no series"}}}, complete: true,
		},
		{
			name: "nobody answers", answer: func(int) probe.Reading { return probe.Problemf(record.ProblemUnreachable, "connection refused") },
			want: Data{State: Unknown, Unread: 24, Why: "connection refused"}, holds: true,
		},
		{
			name: "there is a value now", answer: kept, change: func(r *record.Record) {
				s := &r.Probes[0].Samples[20]
				s.Value, s.OK, s.Problem = nil, false, &record.ProbeProblem{Kind: record.ProblemTimeout, Message: "no answer"}
			},
			want: Data{State: InPart, Same: 23, Late: 1}, holds: true,
		},
		{
			name: "neither had a value", answer: func(int) probe.Reading { return gone() }, change: func(r *record.Record) {
				for i := range r.Probes[0].Samples {
					s := &r.Probes[0].Samples[i]
					s.Value, s.OK, s.Problem = nil, false, &record.ProbeProblem{Kind: record.ProblemTimeout, Message: "no answer"}
				}
			},
			want: Data{State: Unknown, Why: "no sample of the record can be compared"}, holds: true,
		},
		{
			name: "samples of another query", answer: kept, change: func(r *record.Record) { r.Probes[0].Query = "vector(1)" },
			want: Data{State: Different, Why: "the samples are of another query than that of the experiment"},
		},
		{
			name: "a probe that nobody wrote", answer: kept, change: func(r *record.Record) { r.Experiment.Spec.Hypothesis = nil },
			want: Data{State: Different, Why: "the experiment has no such probe"},
		},
		{
			name: "an unknown kind", answer: kept, change: func(r *record.Record) { r.Probes[0].Kind = "datadog" },
			want: Data{State: Unknown, Why: `this version of shakedown knows no probes of kind "datadog"`}, holds: true,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := killed(t, broke)
			r.Probes = r.Probes[:1]
			if tc.change != nil {
				tc.change(&r)
			}
			a := Audit{Holds: true}
			if err := a.Ask(t.Context(), r, probe.Table{memory{name: "prometheus", maxAge: r.Probes[0].MaxAge, answer: tc.answer}}, time.Second); err != nil {
				t.Fatal(err)
			}
			tc.want.Probe = "availability"
			if diff := cmp.Diff([]Data{tc.want}, a.Data); diff != "" {
				t.Error(diff)
			}
			if a.Holds != tc.holds || a.Complete() != tc.complete {
				t.Errorf("holds %v, complete %v; want %v, %v", a.Holds, a.Complete(), tc.holds, tc.complete)
			}
		})
	}
}

// TestAWindowThatIsKeptInPart: what its older half shows is gone, so its value may be another.
func TestAWindowThatIsKeptInPart(t *testing.T) {
	r := killed(t, held)
	r.Probes = r.Probes[:1]
	r.Probes[0].Reach = events.Duration(3 * time.Second)
	answer := func(s int) probe.Reading {
		switch {
		case s < 0:
			return gone()
		case s < 2:
			return reading(0.7, 300*time.Millisecond)
		}
		return reading(1, 300*time.Millisecond)
	}
	var a Audit
	if err := a.Ask(t.Context(), r, probe.Table{memory{name: "prometheus", maxAge: r.Probes[0].MaxAge, answer: answer}}, time.Second); err != nil {
		t.Fatal(err)
	}
	want := []Data{{Probe: "availability", State: InPart, Same: 14, Gone: 10, Why: "min(up) has no series"}}
	if diff := cmp.Diff(want, a.Data); diff != "" {
		t.Error(diff)
	}
}

// TestWhatNobodyKeeps: a probe that measured when it was asked cannot be asked again, and that
// alone is no comparison.
func TestWhatNobodyKeeps(t *testing.T) {
	r := killed(t, held)
	a := Audit{Holds: true}
	kinds := probe.Table{memory{name: "prometheus"}, memory{name: "ready"}}
	if err := a.Ask(t.Context(), r, kinds, time.Second); err != nil {
		t.Fatal(err)
	}
	for _, d := range a.Data {
		if d.State != Unasked {
			t.Errorf("%+v", d)
		}
	}
	if a.Complete() {
		t.Error("nothing was compared, and it is complete")
	}
}

func TestAskEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	var a Audit
	answer := func(s int) probe.Reading {
		cancel(why)
		return kept(s)
	}
	err := a.Ask(ctx, killed(t, held), probe.Table{memory{name: "prometheus", maxAge: 1, answer: answer}}, time.Second)
	if !errors.Is(err, why) || len(a.Data) != 0 {
		t.Errorf("%v: %+v", err, a.Data)
	}
}
