package experiments

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// begins are every subscription and every answer.
func (s *Service) begins() []events.Begin {
	if s.cfg.ReadOnly {
		return s.answers()
	}
	return append(s.requests(), s.answers()...)
}

// requests take what is to be run, and what is to be ended.
func (s *Service) requests() []events.Begin {
	d, shared := s.deps, events.Subscription{Group: group}
	return []events.Begin{
		events.RunStartTopic.Begin(d.Bus, shared, s.onRunStart),
		events.EnvironmentReadyTopic.Begin(d.Bus, shared, s.onEnvironmentReady),
		events.RunAbortCall.Begin(d.Caller, d.Stamp, s.abort),
	}
}

// answers answer what there is of runs.
func (s *Service) answers() []events.Begin {
	return []events.Begin{
		events.RunListCall.Begin(s.deps.Caller, s.deps.Stamp, s.list),
		events.RunShowCall.Begin(s.deps.Caller, s.deps.Stamp, s.show),
	}
}

// onRunStart queues the run. What is wrong with it becomes its verdict, so that whoever
// asked gets an answer.
func (s *Service) onRunStart(ctx context.Context, m events.Meta, e events.RunStart) error {
	if e.Run == "" {
		return events.Permanent(errors.New("a run without an id cannot be started"))
	}
	return s.enqueue(ctx, m, Row{Run: e.Run, Request: e, Event: m.ID, Experiment: spec.NameOf(e.Spec), Queued: m.Time, Phase: record.PhaseCreated})
}

// onEnvironmentReady queues the experiments that want it, in the order of their names.
// The ids of the runs follow from the event, so a second delivery starts nothing new.
func (s *Service) onEnvironmentReady(ctx context.Context, m events.Meta, e events.EnvironmentReady) error {
	if s.deps.Documents == nil {
		return nil
	}
	docs := slices.DeleteFunc(slices.Clone(s.deps.Documents()), func(d spec.Document) bool { return !d.Wants(e.Environment) })
	slices.SortFunc(docs, func(a, b spec.Document) int { return cmp.Compare(a.Metadata.Name, b.Metadata.Name) })
	for i, d := range docs {
		row, err := triggered(d, m, e.Environment, i)
		if err != nil {
			return events.Permanent(err)
		}
		if err := s.enqueue(ctx, m, row); err != nil {
			return err
		}
	}
	return nil
}

// enqueue records a run that was asked for. A request that was recorded before is left
// alone, whenever it comes again, and so is one that may have been recorded and forgotten.
func (s *Service) enqueue(ctx context.Context, m events.Meta, row Row) error {
	row.Command = s.process
	err := s.queue.Add(ctx, row.Run, m, row)
	if errors.Is(err, work.ErrLate) && !errors.Is(err, work.ErrForgotten) {
		err = s.enqueueLate(ctx, m, row, err)
	}
	switch {
	case errors.Is(err, work.ErrKnown):
		return nil
	case errors.Is(err, work.ErrForgotten):
		s.log.WarnContext(ctx, "request ignored", "run", row.Run, "event_id", m.ID, "reason", err.Error())
		return nil
	case err != nil:
		return err
	}
	s.checkpoint("run stored")
	return nil
}

// enqueueLate records a run that was asked for too long ago, as one that is not begun, so
// that it gets one outcome and a record like any other.
func (s *Service) enqueueLate(ctx context.Context, m events.Meta, row Row, late error) error {
	row.Late, m.Time = late.Error(), s.deps.Now()
	return s.queue.Add(ctx, row.Run, m, row)
}

func triggered(d spec.Document, m events.Meta, e events.Environment, order int) (Row, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return Row{}, fmt.Errorf("encode experiment %s: %w", d.Metadata.Name, err)
	}
	env := environmentOf(e)
	run := d.Metadata.Name + "-" + events.Digest(m.ID, d.Metadata.Name)[:10]
	return Row{
		Run: run, Event: m.ID, Experiment: d.Metadata.Name, Queued: m.Time, Order: order, Phase: record.PhaseCreated, Environment: &env,
		Request: events.RunStart{
			Run: run, Spec: raw, Environment: e.Name, Namespace: e.Namespace,
			Trigger: events.EnvironmentReadyTopic.Type(), By: e.Project,
		},
	}, nil
}
