package experiments

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// prune keeps the number of finished runs within its bound while this server has the
// duty. Those that are too old leave by the age of their buckets.
func (s *Service) prune(ctx context.Context, term work.Term) error {
	for ctx.Err() == nil {
		for _, run := range surplus(s.finished.All(), s.cfg.MaxRuns, s.deps.Now().Add(-s.cfg.MaxAge)) {
			if err := s.forget(ctx, term, run); err != nil {
				return err
			}
			s.metrics.pruned.Inc()
		}
		s.metrics.kept.Set(float64(s.finished.Len()))
		events.Wait(ctx, s.cfg.PruneEvery)
	}
	return context.Cause(ctx)
}

// forget removes a run: its record first, so that none stays without a summary.
func (s *Service) forget(ctx context.Context, term work.Term, run string) error {
	bounded, cancel := term.Deadline(ctx, s.cfg.StoreTimeout)
	defer cancel()
	if err := events.CheckFence(bounded); err != nil {
		return err
	}
	return errors.Join(s.records.delete(bounded, run), s.queue.Forget(bounded, run))
}

// surplus are the runs beyond the number that is kept, the oldest first. A run that ended
// after young stays: its request might come again.
func surplus(finished []events.RunSummary, most int, young time.Time) []string {
	slices.SortFunc(finished, newestFirst)
	var out []string
	for _, r := range slices.Backward(finished[min(most, len(finished)):]) {
		if r.Ended.Before(young) {
			out = append(out, r.Run)
		}
	}
	return out
}
