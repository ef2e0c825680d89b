package experiments

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

// Prober asks a metrics server. Its methods may be called at the same time from
// several goroutines.
type Prober interface {
	// Query evaluates the query at the given time. Whatever is not exactly one finite
	// number made of fresh samples is a problem, never a value. It returns when ctx ends.
	Query(ctx context.Context, q Query, at time.Time) Reading
	// CheckQuery reports what is wrong with a query without asking anybody: its syntax,
	// its type, or that it reads no metric and so could never fail.
	CheckQuery(query string) error
}

// Readiness counts ready pods. Its methods may be called at the same time from several
// goroutines.
type Readiness interface {
	// Ready counts once. Any error is a problem, never a number. It returns when ctx ends.
	Ready(ctx context.Context, t ReadyTarget) Reading
}

// Query is a PromQL expression and how old the newest raw sample of each of its
// selectors may be.
type Query struct {
	Expr   string
	MaxAge time.Duration
}

// ReadyTarget is what must be Ready: a component with all its wanted replicas, or at
// least Min pods with the labels.
type ReadyTarget struct {
	Namespace, Component, Labels string
	Min                          int
}

// Reading is one measurement: a value, or a problem.
type Reading struct {
	Value float64
	// Wanted is the wanted number of replicas; nil for a query.
	Wanted *float64
	// Age is how old the newest raw sample was, of the selector where it was oldest;
	// nil for a reading that is made at once.
	Age     *time.Duration
	Problem *record.ProbeProblem
}

// Problemf is a reading that has no value.
func Problemf(kind record.ProblemKind, format string, args ...any) Reading {
	return Reading{Problem: &record.ProbeProblem{Kind: kind, Message: fmt.Sprintf(format, args...)}}
}

// ask takes one sample of a probe.
func (s *Service) ask(ctx context.Context, p spec.Probe, namespace string, at time.Time) record.Sample {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.SampleTimeout)
	defer cancel()
	var sample record.Sample
	if p.Prometheus != nil {
		q := p.Prometheus
		sample = sampleQuery(*q, s.deps.Prober.Query(ctx, Query{Expr: q.Query, MaxAge: q.MaxAge.Std()}, at))
	} else {
		t := ReadyTarget{Namespace: namespace, Component: p.Ready.Component, Labels: p.Ready.Labels, Min: p.Ready.Least()}
		sample = sampleReady(s.deps.Readiness.Ready(ctx, t))
	}
	sample.At = at
	if p := sample.Problem; p != nil && len(p.Message) > record.MaxMessage {
		sample.Problem = &record.ProbeProblem{Kind: p.Kind, Message: strings.ToValidUTF8(p.Message[:record.MaxMessage], "") + "..."}
	}
	return sample
}

// sampleQuery trusts nobody: a number that is not finite, has no age or is too old is
// a problem here, whatever the adapter thinks of it.
func sampleQuery(p spec.PrometheusProbe, r Reading) record.Sample {
	s := record.Sample{}
	if r.Age != nil {
		s.Age = new(events.Duration(*r.Age))
	}
	switch {
	case r.Problem != nil:
		s.Problem = r.Problem
	case math.IsNaN(r.Value) || math.IsInf(r.Value, 0):
		s.Problem = Problemf(record.ProblemNotANumber, "the value is %v", r.Value).Problem
	case r.Age == nil:
		s.Problem = Problemf(record.ProblemStale, "the age of the newest sample is not known").Problem
	case *r.Age > p.MaxAge.Std():
		s.Problem = Problemf(record.ProblemStale, "the newest sample is %s old, at most %s allowed", r.Age.Round(10*time.Millisecond), p.MaxAge).Problem
	case p.Value == nil:
		s.Problem = Problemf(record.ProblemQuery, "there is nothing to compare with").Problem
	default:
		s.Value = &r.Value
		s.OK = spec.Holds(r.Value, p.Compare, *p.Value)
	}
	return s
}

func sampleReady(r Reading) record.Sample {
	switch {
	case r.Problem != nil:
		return record.Sample{Problem: r.Problem}
	case r.Wanted == nil || !(*r.Wanted >= 1):
		return record.Sample{Problem: Problemf(record.ProblemNoTarget, "no replica is wanted, so none could be missing").Problem}
	case math.IsNaN(r.Value) || math.IsInf(r.Value, 0):
		return record.Sample{Problem: Problemf(record.ProblemNotANumber, "the value is %v", r.Value).Problem}
	}
	return record.Sample{Value: &r.Value, Wanted: r.Wanted, OK: r.Value >= *r.Wanted}
}

// series are the empty series of a hypothesis.
func series(probes []spec.Probe) []record.ProbeSeries {
	out := make([]record.ProbeSeries, 0, len(probes))
	for _, p := range probes {
		one := record.ProbeSeries{Name: p.Name, Kind: p.Kind(), Must: p.Must, Samples: []record.Sample{}}
		if q := p.Prometheus; q != nil {
			one.Query, one.Compare, one.MaxAge = q.Query, q.Compare, q.MaxAge
			if q.Value != nil {
				one.Value = *q.Value
			}
		} else if p.Ready != nil {
			one.Query, one.Compare, one.Value = p.Ready.String(), ">=", float64(p.Ready.Least())
		}
		out = append(out, one)
	}
	return out
}

// batch is one sample of each probe, in the order of the hypothesis.
type batch []record.Sample

// sampler takes samples of all probes each interval until ctx ends, and hands them
// over in order. A probe that takes longer than the interval makes the next batch late.
func (s *Service) sampler(ctx context.Context, probes []spec.Probe, namespace string, interval events.Duration, out chan<- batch) {
	tick := time.NewTicker(max(interval.Std(), time.Millisecond))
	defer tick.Stop()
	for {
		b := s.askAll(ctx, probes, namespace, s.deps.Now())
		if ctx.Err() != nil {
			return
		}
		select {
		case out <- b:
		case <-ctx.Done():
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Service) askAll(ctx context.Context, probes []spec.Probe, namespace string, at time.Time) batch {
	b := make(batch, len(probes))
	done := make(chan struct{}, len(probes))
	for i, p := range probes {
		go func() {
			b[i] = s.ask(ctx, p, namespace, at)
			done <- struct{}{}
		}()
	}
	for range probes {
		<-done
	}
	return b
}
