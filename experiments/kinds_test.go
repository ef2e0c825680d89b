package experiments

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// kinds is a table whose kinds can only be checked.
func kinds() probe.Table {
	return probe.Table{fakeKind{name: "prometheus"}, fakeKind{name: "ready"}, fakeKind{name: "http"}}
}

// fakeKind stands for all kinds of probes: prometheus answers what a test has set, ready
// finds all pods Ready, http asks the service itself.
type fakeKind struct {
	name, lacks string
	prober      *fakeProber
}

// fakePart has the fields of all.
type fakePart struct {
	Query   string          `json:"query,omitempty"`
	Compare string          `json:"compare,omitempty"`
	Value   float64         `json:"value,omitempty"`
	MaxAge  events.Duration `json:"maxAge,omitempty"`
	Reach   events.Duration `json:"reach,omitempty"`
	Allow   []string        `json:"allow,omitempty"`
	Labels  string          `json:"labels,omitempty"`
	Min     int             `json:"min,omitempty"`
}

func (k fakeKind) Kind() probe.Info {
	info := probe.Info{Name: k.name, Part: &fakePart{}}
	if k.lacks != "" {
		info.Missing = &events.Error{Kind: events.KindUnavailable, Message: k.lacks}
	}
	return info
}

func (k fakeKind) Check(raw json.RawMessage) (probe.Probe, events.Problems) {
	p := fakePart{Compare: ">="}
	if problems := events.DecodeStrict(raw, &p); len(problems) > 0 {
		return nil, problems
	}
	if p.Query == "bad" {
		return nil, events.Problems{{Key: "query", Message: "is no PromQL"}}
	}
	if k.name == "prometheus" && p.MaxAge == 0 {
		p.MaxAge = events.Duration(15 * time.Second)
	}
	return fakeProbe{kind: k, part: p}, nil
}

func (fakeKind) Advise(problem record.ProblemKind, name string) string {
	if problem == record.ProblemNoData {
		return fmt.Sprintf("does the metric exist that %s reads?", name)
	}
	return ""
}

type fakeProbe struct {
	kind fakeKind
	part fakePart
}

func (p fakeProbe) Part() any { return p.part }

func (p fakeProbe) Resolve(v spec.Variables) probe.Probe {
	p.part.Query = v.Fill(p.part.Query)
	return p
}

func (p fakeProbe) Condition() probe.Condition {
	if p.kind.name == "ready" {
		return probe.Condition{Query: "pods", Statement: "pods are Ready", Compare: ">=", Value: float64(p.part.Min), Counted: true}
	}
	return probe.Condition{Query: p.part.Query, Compare: p.part.Compare, Value: p.part.Value, MaxAge: p.part.MaxAge, Reach: p.part.Reach, Limits: p.part.Allow}
}

func (p fakeProbe) Sample(context.Context, time.Time) probe.Reading {
	if p.kind.prober != nil {
		return p.kind.prober.reading()
	}
	return probe.Reading{Value: 3, Wanted: new(3.0)}
}

// fakeProber answers every query with one reading.
type fakeProber struct {
	now   atomic.Pointer[probe.Reading]
	calls atomic.Int64
}

func (p *fakeProber) set(r probe.Reading) { p.now.Store(&r) }

func (p *fakeProber) reading() probe.Reading {
	p.calls.Add(1)
	return *p.now.Load()
}

// asked waits until the prober was asked n more times.
func (p *fakeProber) asked(ctx context.Context, n int64) {
	for until := p.calls.Load() + n; p.calls.Load() < until && ctx.Err() == nil; {
		events.Wait(ctx, 5*time.Millisecond)
	}
}

var _ probe.Kind = fakeKind{}
