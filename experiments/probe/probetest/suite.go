// Package probetest has the suite that every kind of probes must pass: whatever is not
// exactly one finite, fresh number is a problem with a name, and never a value.
package probetest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// State is what the server that a kind asks is like.
type State string

// The states of a server. In the first two it gives a number, in the others none that
// may be believed.
const (
	Holds      State = "holds"
	Breaks     State = "breaks"
	NoData     State = "no data"
	NotANumber State = "not a number"
	Ambiguous  State = "several answers"
	Stale      State = "stale"
	Garbage    State = "garbage"
	Refused    State = "refused"
	Nobody     State = "nobody there"
	Silent     State = "silent"
)

// States are all states, in order.
func States() []State {
	return []State{Holds, Breaks, NoData, NotANumber, Ambiguous, Stale, Garbage, Refused, Nobody, Silent}
}

// Suite is what a kind brings along.
type Suite struct {
	// Part is the part of a valid probe, with all its fields, which a server in state
	// Holds meets and one in state Breaks does not.
	Part string
	// Open makes the kind with a server in the state.
	Open func(t *testing.T, s State) probe.Kind
	// Unconnected is the kind without a server.
	Unconnected probe.Kind
	// Never are the states that cannot be, with the reason.
	Never map[State]string
	// Shown are the states of which a kind that asks the service itself says that they are the
	// service's: they are bad samples with a reason.
	Shown []State
	// Invalid are parts that must be refused, with the keys of their problems.
	Invalid map[string][]string
}

// Timing of the suite: a sample may take no longer than patience, and a context that
// ends is seen within grace.
const (
	patience = 500 * time.Millisecond
	grace    = 5 * time.Second
)

// Run runs the suite.
func Run(t *testing.T, s Suite) {
	for _, state := range States() {
		if _, never := s.Never[state]; never {
			continue
		}
		t.Run("server: "+string(state), func(t *testing.T) { s.sample(t, state) })
	}
	t.Run("cancelled", s.cancelled)
	t.Run("at once", s.atOnce)
	t.Run("without a server", s.unconnected)
	t.Run("invalid parts", s.invalid)
	t.Run("a part is read once and for all", s.roundTrip)
}

// open is the probe of the suite, resolved.
func (s Suite) open(t *testing.T, state State) (probe.Kind, probe.Probe) {
	t.Helper()
	k := s.Open(t, state)
	return k, check(t, k, s.Part).Resolve(variables())
}

func variables() spec.Variables {
	return spec.Variables{Namespace: "shop", Environment: "shop", Experiment: "suite"}
}

func check(t *testing.T, k probe.Kind, part string) probe.Probe {
	t.Helper()
	p, problems := k.Check(json.RawMessage(part))
	if len(problems) > 0 {
		t.Fatalf("%s: %v", part, problems)
	}
	return p
}

func (s Suite) sample(t *testing.T, state State) {
	k, p := s.open(t, state)
	began := time.Now()
	got := probe.Take(t.Context(), p, began, patience)
	if took := time.Since(began); took > patience+grace {
		t.Errorf("took %s", took)
	}
	switch {
	case slices.Contains(s.Shown, state):
		if !got.Bad() || got.Why == "" {
			t.Errorf("got %+v, problem %+v, want a bad sample with a reason", got, got.Problem)
		}
	case state == Holds, state == Breaks:
		if got.Problem != nil || got.Value == nil || got.OK != (state == Holds) {
			t.Errorf("got %+v, problem %+v", got, got.Problem)
		}
	default:
		unbelieved(t, k, got)
	}
	if state == Silent && got.Problem != nil && got.Problem.Kind != record.ProblemTimeout {
		t.Errorf("a server that says nothing is %q, want %q", got.Problem.Kind, record.ProblemTimeout)
	}
	if c := p.Condition(); c.MaxAge == 0 && got.Age != nil {
		t.Error("the reading has an age, but the condition does not bound it")
	}
}

// unbelieved checks that a sample has a problem with a name and with advice, and no value.
func unbelieved(t *testing.T, k probe.Kind, got record.Sample) {
	t.Helper()
	if got.Value != nil || got.OK || got.Problem == nil {
		t.Fatalf("got %+v, want a problem", got)
	}
	if got.Problem.Kind == "" || got.Problem.Kind == record.ProblemUnknown || got.Problem.Message == "" {
		t.Errorf("the problem says nothing: %+v", got.Problem)
	}
	if k.Advise(got.Problem.Kind, "availability") == "" {
		t.Errorf("there is no advice for %q", got.Problem.Kind)
	}
}

func (s Suite) cancelled(t *testing.T) {
	k, p := s.open(t, Silent)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	unbelieved(t, k, probe.Take(ctx, p, began, time.Hour))
	if took := time.Since(began); took > grace {
		t.Errorf("took %s to see that the context had ended", took)
	}
}

// atOnce samples from several goroutines.
func (s Suite) atOnce(t *testing.T) {
	_, p := s.open(t, Holds)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := probe.Take(t.Context(), p, time.Now(), grace); !got.Good() {
				t.Errorf("got %+v, problem %+v", got, got.Problem)
			}
		})
	}
	all.Wait()
}

func (s Suite) unconnected(t *testing.T) {
	info := s.Unconnected.Kind()
	if info.Missing == nil || info.Missing.Message == "" || info.Missing.Advice == "" {
		t.Errorf("it does not say what it lacks: %+v", info.Missing)
	}
	connected := s.Open(t, Holds).Kind()
	if connected.Missing != nil || connected.Name != info.Name || info.Name == "" {
		t.Errorf("with a server it is %+v, without %+v", connected, info)
	}
	p := check(t, s.Unconnected, s.Part).Resolve(variables())
	if got := probe.Take(t.Context(), p, time.Now(), patience); got.Value != nil || got.OK || got.Problem == nil {
		t.Errorf("without a server it says %+v", got)
	}
}

func (s Suite) invalid(t *testing.T) {
	cases := map[string][]string{`{"no-such-field":1}`: {"no-such-field"}, `[]`: {""}, `"text"`: {""}, `7`: {""}}
	maps.Copy(cases, s.Invalid)
	for part, want := range cases {
		p, problems := s.Unconnected.Check(json.RawMessage(part))
		var got []string
		for _, problem := range problems {
			got = append(got, problem.Key)
			if problem.Message == "" {
				t.Errorf("%s: the problem of %q says nothing", part, problem.Key)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" || p != nil {
			t.Errorf("%s: the probe is %v, the problems are\n%s", part, p, diff)
		}
	}
}

// roundTrip checks that the part as it is recorded means the same, and that resolving
// changes no other probe.
func (s Suite) roundTrip(t *testing.T) {
	p := check(t, s.Unconnected, s.Part)
	before := p.Condition()
	resolved := p.Resolve(variables())
	if diff := cmp.Diff(before, p.Condition()); diff != "" {
		t.Errorf("resolving changed the probe itself:\n%s", diff)
	}
	raw, err := json.Marshal(resolved.Part())
	if err != nil {
		t.Fatal(err)
	}
	again := check(t, s.Unconnected, string(raw)).Resolve(variables())
	if diff := cmp.Diff(resolved.Condition(), again.Condition()); diff != "" {
		t.Errorf("%s is read as another probe:\n%s", raw, diff)
	}
	if c := resolved.Condition(); c.Query == "" || !slices.Contains(spec.Comparisons(), c.Compare) {
		t.Errorf("the condition is %+v", c)
	}
}
