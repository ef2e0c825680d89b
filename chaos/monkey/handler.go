package monkey

import (
	"context"
	"errors"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// group is the name under which every server of monkey shares the work.
const group = "monkey"

// subscribe puts every subscription and every answer in place. What is in place already is
// returned with an error, to be waited for.
func (s *Service) subscribe(ctx context.Context) ([]events.Subscribed, error) {
	d := s.deps
	var all []events.Subscribed
	for _, put := range []func() (events.Subscribed, error){
		func() (events.Subscribed, error) {
			return events.RunFinishedTopic.Subscribe(ctx, d.Bus, group, s.onRunFinished)
		},
		func() (events.Subscribed, error) {
			return events.ScheduleApplyCall.Answer(ctx, d.Caller, d.Stamp, s.apply)
		},
		func() (events.Subscribed, error) {
			return events.ScheduleDeleteCall.Answer(ctx, d.Caller, d.Stamp, s.remove)
		},
		func() (events.Subscribed, error) {
			return events.ScheduleListCall.Answer(ctx, d.Caller, d.Stamp, s.list)
		},
		func() (events.Subscribed, error) {
			return events.ScheduleShowCall.Answer(ctx, d.Caller, d.Stamp, s.show)
		},
		func() (events.Subscribed, error) {
			return events.PlanListCall.Answer(ctx, d.Caller, d.Stamp, s.plans)
		},
		func() (events.Subscribed, error) {
			return events.StartVetoCall.Answer(ctx, d.Caller, d.Stamp, s.veto)
		},
		func() (events.Subscribed, error) {
			return events.TargetExplainCall.Answer(ctx, d.Caller, d.Stamp, s.explain)
		},
	} {
		one, err := put()
		if err != nil {
			return all, err
		}
		all = append(all, one)
	}
	return all, nil
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
