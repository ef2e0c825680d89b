package experiments

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/events"
)

// errKnown ends a change of a row that has nothing to change.
var errKnown = errors.New("nothing to change")

// abort answers run.abort. That the run shall end is written into its row: who works on it
// sees it there, now or when it is taken up again. The first reason stays. Errors:
// *events.Error of KindNotFound when the run has ended, of KindRefused when it is none in
// that environment.
func (s *Service) abort(ctx context.Context, asked events.RunAbort) (events.RunSummary, error) {
	if asked.Environment == "" || asked.Reason == "" {
		return events.RunSummary{}, events.Errorf(events.KindInvalid, "", "run %s is to be aborted in no environment, or for no reason", asked.Run)
	}
	var run events.RunSummary
	_, err := s.queue.Modify(ctx, asked.Run, func(r *Row) error {
		run = r.summary()
		switch {
		case !in(run, events.RunsQuery{Environment: asked.Environment, Open: true}):
			return events.Errorf(events.KindRefused, "shakedown experiment list", "run %s breaks %s, not environment %s", asked.Run, r.place(), asked.Environment)
		case r.Abort != "" || r.Finished != nil:
			return errKnown
		}
		r.Abort = asked.Reason
		return nil
	})
	switch {
	case errors.Is(err, errKnown):
		return run, nil
	case errors.Is(err, events.ErrNotFound):
		return run, events.Errorf(events.KindNotFound, "shakedown experiment list", "no run %s is under way", asked.Run)
	}
	return run, err
}
