package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Part is what stands under "ready" in a probe: it counts ready pods, all that a
// component wants or at least Min of those with the labels.
type Part struct {
	Component string `json:"component,omitempty"`
	Labels    string `json:"labels,omitempty"`
	Min       *int   `json:"min,omitempty"`
}

// String says what must be true.
func (p Part) String() string {
	if p.Component != "" {
		return fmt.Sprintf("all wanted replicas of component %s are Ready", p.Component)
	}
	return fmt.Sprintf("at least %d pods with %s are Ready", p.min(), p.Labels)
}

func (p Part) min() int {
	if p.Min == nil {
		return 0
	}
	return *p.Min
}

func (p Part) check() events.Problems {
	found := spec.CheckSelection(p.Component, p.Labels)
	message := ""
	switch {
	case p.Component != "" && p.Min != nil:
		message = "goes with labels; a component must have all its wanted replicas"
	case p.Labels != "" && p.Min == nil:
		message = "is missing: how many pods must be Ready?"
	case p.Min != nil && *p.Min < 1:
		message = fmt.Sprintf("is %d, want at least 1", *p.Min)
	default:
		return found
	}
	return append(found, events.Problem{Key: "min", Message: message})
}

// kind is the kind of probes that count ready pods.
type kind struct{ client *Client }

// Kind makes the kind of probes that ask the client; without one they can be checked
// only.
func Kind(c *Client) probe.Kind { return kind{c} }

// Kind implements probe.Kind.
func (k kind) Kind() probe.Info {
	info := probe.Info{Name: "ready", Part: &Part{}}
	if k.client == nil {
		info.Missing = events.Errorf(events.KindUnavailable, "start the server with --kubeconfig FILE", "needs a Kubernetes API and the server has none")
	}
	return info
}

// Check implements probe.Kind.
func (k kind) Check(part json.RawMessage) (probe.Probe, events.Problems) {
	var p Part
	if problems := events.DecodeStrict(part, &p); len(problems) > 0 {
		return nil, problems
	}
	if problems := p.check(); len(problems) > 0 {
		return nil, problems
	}
	return count{part: p, client: k.client}, nil
}

// Advise implements probe.Kind.
func (kind) Advise(problem record.ProblemKind, name string) string {
	switch problem { //nolint:exhaustive // the other problems are not of this kind
	case record.ProblemNoTarget:
		return fmt.Sprintf("correct the component or the labels of %q: nothing matches them", name)
	case record.ProblemAPI, record.ProblemTimeout:
		return "see that the Kubernetes API answers: shakedown doctor"
	}
	return ""
}

// count is one probe.
type count struct {
	part      Part
	namespace string
	client    *Client
}

// Part implements probe.Probe.
func (c count) Part() any { return c.part }

// Resolve implements probe.Probe.
func (c count) Resolve(v spec.Variables) probe.Probe {
	c.namespace = v.Namespace
	return c
}

// Condition implements probe.Probe.
func (c count) Condition() probe.Condition {
	return probe.Condition{
		Query: c.part.String(), Statement: c.part.String(), Compare: ">=", Value: float64(c.part.min()), Counted: true,
	}
}

// Sample implements probe.Probe.
func (c count) Sample(ctx context.Context, _ time.Time) probe.Reading {
	if c.client == nil {
		return probe.Problemf(record.ProblemAPI, "there is no Kubernetes API to ask")
	}
	return c.client.Ready(ctx, c.namespace, c.part)
}
