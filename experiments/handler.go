package experiments

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// subscribe puts all handlers in place. What was put in place before an error is
// returned with it, to be waited for.
func (s *Service) subscribe(ctx context.Context) ([]events.Subscribed, error) {
	var subs []events.Subscribed
	for _, put := range []func() (events.Subscribed, error){
		func() (events.Subscribed, error) {
			return events.RunStartTopic.Subscribe(ctx, s.deps.Bus, group, s.onRunStart)
		},
		func() (events.Subscribed, error) {
			return events.EnvironmentReadyTopic.Subscribe(ctx, s.deps.Bus, group, s.onEnvironmentReady)
		},
		func() (events.Subscribed, error) {
			return events.RunListCall.Answer(ctx, s.deps.Caller, s.deps.Stamp, s.list)
		},
		func() (events.Subscribed, error) {
			return events.RunShowCall.Answer(ctx, s.deps.Caller, s.deps.Stamp, s.show)
		},
	} {
		sub, err := put()
		if err != nil {
			return subs, err
		}
		subs = append(subs, sub)
	}
	return subs, nil
}

// onRunStart queues the run. What is wrong with it becomes its verdict, so that whoever
// asked is told.
func (s *Service) onRunStart(ctx context.Context, m events.Meta, e events.RunStart) error {
	if e.Run == "" {
		return events.Permanent(errors.New("a run without an id cannot be started"))
	}
	return s.queue(ctx, Row{Run: e.Run, Request: e, Event: m.ID, Experiment: spec.NameOf(e.Spec), Queued: m.Time, Phase: record.PhaseCreated})
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
		if err := s.queue(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) queue(ctx context.Context, row Row) error {
	if err := s.tables.enqueue(ctx, row); err != nil {
		return err
	}
	s.checkpoint("run stored")
	s.wake()
	return nil
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

const defaultLimit = 100

// list answers run.list: the newest first, those under way with their present phase.
func (s *Service) list(ctx context.Context, q events.RunsQuery) (events.RunsAnswer, error) {
	runs, err := s.summaries(ctx)
	if err != nil {
		return events.RunsAnswer{}, err
	}
	runs = slices.DeleteFunc(runs, func(r events.RunSummary) bool {
		return q.Experiment != "" && q.Experiment != r.Experiment || q.Environment != "" && q.Environment != r.Environment
	})
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	return events.RunsAnswer{Runs: runs[:min(q.Limit, len(runs))]}, nil
}

func (s *Service) summaries(ctx context.Context) ([]events.RunSummary, error) {
	runs, err := s.tables.runs.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	active, err := s.tables.active.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list runs under way: %w", err)
	}
	phases := map[string]Row{}
	for _, row := range active {
		phases[row.Run] = row
	}
	for i, r := range runs {
		if row, ok := phases[r.Run]; ok && r.Phase != record.PhaseFinished {
			runs[i] = row.summary()
		}
	}
	slices.SortFunc(runs, func(a, b events.RunSummary) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.Run, a.Run))
	})
	return runs, nil
}

// latest is what run.show takes for the newest run.
const latest = "latest"

// show answers run.show with the record as it is stored: whole once there is a
// verdict, up to the last phase before.
func (s *Service) show(ctx context.Context, q events.RunQuery) (events.RunAnswer, error) {
	if q.Run == latest {
		runs, err := s.summaries(ctx)
		if err != nil {
			return events.RunAnswer{}, err
		}
		if len(runs) == 0 {
			return events.RunAnswer{}, events.Errorf(events.KindNotFound, "shakedown experiment run FILE", "there is no run yet")
		}
		q.Run = runs[0].Run
	}
	rec, err := s.find(ctx, q.Run)
	if err != nil {
		return events.RunAnswer{}, err
	}
	raw, err := json.Marshal(rec)
	if err != nil {
		return events.RunAnswer{}, fmt.Errorf("encode record of run %s: %w", q.Run, err)
	}
	return events.RunAnswer{Record: raw}, nil
}

func (s *Service) find(ctx context.Context, run string) (record.Record, error) {
	rec, _, err := s.tables.records.Get(ctx, events.Key(run))
	if err == nil {
		return rec, nil
	}
	if !errors.Is(err, events.ErrNotFound) {
		return record.Record{}, fmt.Errorf("read record of run %s: %w", run, err)
	}
	row, _, err := s.tables.active.Get(ctx, events.Key(run))
	switch {
	case errors.Is(err, events.ErrNotFound):
		return record.Record{}, events.Errorf(events.KindNotFound, "shakedown experiment list", "there is no run %s", run)
	case err != nil:
		return record.Record{}, fmt.Errorf("read run %s: %w", run, err)
	}
	rec = s.blank(row)
	rec.Started = time.Time{}
	return rec, nil
}
