package monkey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// ask publishes the requests of a row, and notes that it did. Their ids follow from the
// runs, so that asking again asks for the same; the same run is run once.
func (s *Service) ask(ctx context.Context, row startRow) error {
	for _, run := range row.Runs {
		m := s.deps.Stamp.About(run.Run, "start")
		m.Time = row.Recorded // a request that comes late is refused as such
		if err := events.RunStartTopic.Publish(ctx, s.deps.Bus, m, run); err != nil {
			return fmt.Errorf("ask for run %s: %w", run.Run, err)
		}
		s.deps.Checkpoint("run asked")
	}
	if err := s.publishDecision(ctx, row); err != nil {
		return err
	}
	s.deps.Checkpoint("decision published")
	_, err := s.store.starts.Modify(ctx, row.Start.ID, func(r *startRow) error {
		r.Done = true
		return nil
	})
	s.deps.Checkpoint("noted")
	if errors.Is(err, events.ErrNotFound) { // it has reached its age
		return nil
	}
	return err
}

func (s *Service) publishDecision(ctx context.Context, row startRow) error {
	m := s.deps.Stamp.About(row.Start.ID, "decided "+row.Start.State)
	return events.StartDecidedTopic.Publish(ctx, s.deps.Bus, m, events.StartDecided{PlanStart: row.Start})
}

// finishAsked goes on with what a server has recorded that is gone: it may not have asked.
func (s *Service) finishAsked(ctx context.Context, term work.Term, rows map[string]startRow, now time.Time) {
	for _, row := range rows {
		if row.Done || ctx.Err() != nil {
			continue
		}
		if err := s.finish(ctx, term, row, now); err != nil && ctx.Err() == nil {
			s.deps.Log.Warn("start not finished; it is tried again", "start", row.Start.ID, "error", err)
		}
	}
}

// finish asks again in time. Later, it finds out whether the runs were asked for: what was
// not is missed.
func (s *Service) finish(ctx context.Context, term work.Term, row startRow, now time.Time) error {
	effect, end := term.Deadline(ctx, s.deps.Config.Patience)
	defer end()
	if now.Sub(row.Recorded) <= s.deadline(row) {
		return s.ask(effect, row)
	}
	for _, run := range row.Runs {
		_, err := events.RunShowCall.Ask(effect, s.deps.Caller, s.deps.Stamp.First(run.Run), events.RunQuery{Run: run.Run})
		if err == nil {
			return s.closeRow(effect, row, row.Start.State, row.Start.Reason)
		}
		if events.KindOf(err) != events.KindNotFound {
			return fmt.Errorf("ask for run %s: %w", run.Run, err)
		}
	}
	return s.closeRow(effect, row, events.StartMissed, "the server that was to ask for it has ended, and it is too late now")
}

// deadline is how late the start may be.
func (s *Service) deadline(row startRow) time.Duration {
	for _, schedule := range s.store.allSchedules.All() {
		if schedule.name() == row.Start.Schedule {
			return schedule.Document.WithDefaults().Spec.StartingDeadline.Std()
		}
	}
	return 0 // it was deleted, and starts nothing any more
}

func (s *Service) closeRow(ctx context.Context, row startRow, state, reason string) error {
	changed, err := s.store.starts.Modify(ctx, row.Start.ID, func(r *startRow) error {
		r.Done, r.Start.State, r.Start.Reason = true, state, reason
		return nil
	})
	if errors.Is(err, events.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.publishDecision(ctx, changed)
}
