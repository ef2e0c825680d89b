package audit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// State is what became of the data of a probe.
type State string

// The states of data, from the best to the worst.
const (
	Same      State = "same"
	InPart    State = "same in part"
	Unasked   State = "not asked"
	Unknown   State = "not known"
	Gone      State = "no longer kept"
	Different State = "differs"
)

// Data says of the samples of one probe whether the same questions have the same answers
// again. Each sample that has a value is counted once.
type Data struct {
	Probe string `json:"probe"`
	State State  `json:"state"`
	// Why is the reason of a state that is not "same".
	Why string `json:"why,omitempty"`
	// Same have the same value; Different have another one, or none although older data are
	// kept; Gone are no longer kept; Late cannot be compared, since data came in after the
	// sample was taken; Unread had no answer now.
	Same      int `json:"same"`
	Different int `json:"different"`
	Gone      int `json:"gone"`
	Late      int `json:"late"`
	Unread    int `json:"unread"`
	// Where are the first samples that differ.
	Where []Difference `json:"where,omitempty"`
}

// Difference is one sample that has another value now.
type Difference struct {
	At     time.Time `json:"at"`
	Record string    `json:"record"`
	Again  string    `json:"again"`
}

// Complete says whether every sample that could be asked for again was compared.
func (d Data) Complete() bool { return d.State == Unasked || d.Same > 0 && d.uncompared() == 0 }

func (d Data) uncompared() int { return d.Gone + d.Late + d.Unread }

// Ask asks for the data of every probe again, of those kinds of probes whose data somebody
// keeps, and takes what it finds into the audit. A question takes at most timeout.
func (a *Audit) Ask(ctx context.Context, r record.Record, kinds probe.Table, timeout time.Duration) error {
	for _, p := range r.Probes {
		d := Data{Probe: p.Name}
		again, why, state := open(r, p, kinds)
		if again == nil {
			d.State, d.Why = state, why
		} else {
			samples := takeAll(ctx, again, p.Samples, timeout)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			d.compare(p, samples)
		}
		a.Holds = a.Holds && d.State != Different
		a.Data = append(a.Data, d)
	}
	return nil
}

// open is the probe of a series, read from the experiment as it was run; nil when there is
// nothing to ask.
func open(r record.Record, p record.ProbeSeries, kinds probe.Table) (again probe.Probe, why string, state State) {
	kind := kinds.Find(p.Kind)
	if kind == nil {
		return nil, fmt.Sprintf("this version of shakedown knows no probes of kind %q", p.Kind), Unknown
	}
	for _, h := range r.Experiment.Spec.Hypothesis {
		if h.Name != p.Name {
			continue
		}
		again, problems := kind.Check(h.Parts[p.Kind])
		switch {
		case len(problems) > 0:
			return nil, "this version of shakedown refuses the probe: " + problems.Error(), Unknown
		case again.Condition().MaxAge == 0:
			return nil, "it measured when it was asked, and nobody keeps that", Unasked
		case again.Condition().Query != p.Query:
			return nil, "the samples are of another query than that of the experiment", Different
		}
		return again, "", ""
	}
	return nil, "the experiment has no such probe", Different
}

// parallel is how many questions are under way.
const parallel = 8

// takeAll takes every sample again, at its own time. It returns when ctx ends.
func takeAll(ctx context.Context, p probe.Probe, samples []record.Sample, timeout time.Duration) []record.Sample {
	again := make([]record.Sample, len(samples))
	next := make(chan int)
	var all sync.WaitGroup
	for range min(parallel, len(samples)) {
		all.Go(func() {
			for i := range next {
				again[i] = probe.Take(ctx, p, samples[i].At, timeout)
			}
		})
	}
	for i := range samples {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	all.Wait()
	return again
}

// Complete says whether the data of some probe were compared, and those of all others that
// somebody keeps.
func (a Audit) Complete() bool {
	compared := false
	for _, d := range a.Data {
		if !d.Complete() {
			return false
		}
		compared = compared || d.Same > 0
	}
	return compared
}
