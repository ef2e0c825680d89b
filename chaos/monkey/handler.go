package monkey

import (
	"context"
	"errors"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// group is the name under which every server of monkey shares the work.
const group = "monkey"

// begins are every subscription and every answer.
func (s *Service) begins() []events.Begin {
	d := s.deps
	return []events.Begin{
		events.RunFinishedTopic.Begin(d.Bus, events.Subscription{Group: group}, s.onRunFinished),
		events.ScheduleApplyCall.Begin(d.Caller, d.Stamp, s.apply),
		events.ScheduleDeleteCall.Begin(d.Caller, d.Stamp, s.remove),
		events.ScheduleListCall.Begin(d.Caller, d.Stamp, s.list),
		events.ScheduleShowCall.Begin(d.Caller, d.Stamp, s.show),
		events.PlanListCall.Begin(d.Caller, d.Stamp, s.plans),
		events.StartVetoCall.Begin(d.Caller, d.Stamp, s.veto),
		events.TargetExplainCall.Begin(d.Caller, d.Stamp, s.explain),
	}
}

// onRunFinished notes the verdict of a run that a schedule has asked for. Doing it again
// changes nothing.
func (s *Service) onRunFinished(ctx context.Context, _ events.Meta, e events.RunFinished) error {
	for _, id := range []string{e.Run, e.Run[:max(0, strings.LastIndex(e.Run, "-"))]} {
		if id == "" {
			continue
		}
		_, err := s.store.starts.Modify(ctx, events.Key(id), func(r *startRow) error { return r.finish(e) })
		if !errors.Is(err, events.ErrNotFound) {
			return err
		}
	}
	return nil
}

// finish notes the verdict. Errors: events.ErrNotFound for a run of somebody else.
func (r *startRow) finish(e events.RunFinished) error {
	for _, run := range r.Runs {
		if run.Run == e.Run {
			if r.Start.Verdicts == nil {
				r.Start.Verdicts = map[string]string{}
			}
			r.Start.Verdicts[e.Run] = e.Verdict
			return nil
		}
	}
	return events.ErrNotFound
}
