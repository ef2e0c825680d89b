// Package experimentstest fills stores with runs, for tests of what grows with them.
package experimentstest

import (
	"context"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// between is the time between two runs.
const between = 90 * time.Second

// Fill puts n finished runs into the store as the service leaves them. The last one ended
// at the time given, the others before it.
func Fill(ctx context.Context, store events.Store, n int, until time.Time) error {
	r, err := experiments.OpenRestorer(ctx, store, experiments.DefaultConfig())
	if err != nil {
		return err
	}
	for i := range n {
		if err := r.Put(ctx, Run(n-i, until.Add(-time.Duration(i)*between))); err != nil {
			return err
		}
	}
	return nil
}

// Run is the record of a run of one pod-kill with three probes, which ended at the time
// given.
func Run(number int, ended time.Time) record.Record {
	const samples = 40
	began := ended.Add(-samples * time.Second)
	doc := spec.Document{Header: events.NewHeader(spec.Kind, "kill-one-api")}
	doc.Spec.Method = []spec.Fault{{Fault: "pod-kill", Target: spec.Target{Component: "api"}}}
	doc = doc.WithDefaults()
	rec := record.Record{
		Schema: record.Schema, Tool: "test", Run: fmt.Sprintf("run-%06d", number), Name: doc.Metadata.Name, Experiment: doc,
		Environment: record.Environment{Name: fmt.Sprintf("shop-%d", number%20), Namespace: fmt.Sprintf("shop-%d", number%20)},
		Trigger:     record.Trigger{Kind: "command", Event: fmt.Sprintf("event-%d", number)},
		Queued:      began, Started: began, Phases: []record.Phase{}, Steps: []record.Step{step(number, began.Add(8*time.Second))},
	}
	for _, name := range []string{"availability", "p99 latency", "api is whole"} {
		p := record.ProbeSeries{Name: name, Kind: "prometheus", Must: spec.MustHold, Query: "sum(up)", Compare: ">=", Value: 0.99}
		for s := range samples {
			p.Samples = append(p.Samples, record.Sample{
				At: began.Add(time.Duration(s) * time.Second), Value: new(1 - float64((number+s)%7)/1000), OK: true,
				Age: new(events.Duration(time.Duration(number+s) % 1000 * time.Millisecond)),
			})
		}
		rec.Probes = append(rec.Probes, p)
	}
	for i, role := range []events.Role{events.RoleSent, events.RoleEffect, events.RoleHealed} {
		rec.Recovery = append(rec.Recovery, record.Mark{
			Mark: string(role), Role: role, Label: string(role), At: rec.Steps[0].Injected.Add(time.Duration(i) * time.Second),
			Source: record.SourceWatch, Victim: rec.Steps[0].Victims[0].ID,
		})
	}
	verdict.Conclude(&rec, verdict.Ending{}, ended, func(record.ProbeSeries, record.ProblemKind) string { return "" })
	if err := rec.Seal(); err != nil {
		panic(err) // it is made of values that can be encoded
	}
	return rec
}

func step(number int, injected time.Time) record.Step {
	return record.Step{
		Fault: fmt.Sprintf("run-%06d-1", number), Kind: "pod-kill", Target: events.FaultTarget{Labels: events.LabelComponent + "=api"},
		Requested: injected.Add(-100 * time.Millisecond), Injected: injected, Closed: injected.Add(4 * time.Second),
		Outcome: record.OutcomeInjected, Recovered: true,
		Victims: []events.Victim{{Kind: "pod", ID: fmt.Sprintf("uid-%d", number), Name: fmt.Sprintf("api-%d", number), Namespace: "shop"}},
	}
}
