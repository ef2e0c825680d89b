package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// latest is what run.show takes for the newest run.
const latest = "latest"

// show answers run.show with the record as it is stored: whole once there is a verdict, up
// to the last phase before. A run that has ended has its verdict, also when its record
// could not be stored.
func (s *Service) show(ctx context.Context, q events.RunQuery) (events.RunAnswer, error) {
	if q.Run == latest {
		runs, err := s.summaries(ctx)
		if err != nil && !errors.Is(err, work.ErrUnreadable) {
			return events.RunAnswer{}, err
		}
		if len(runs) == 0 {
			return events.RunAnswer{}, events.Errorf(events.KindNotFound, "shakedown experiment run FILE", "there is no run yet")
		}
		q.Run = runs[0].Run
	}
	raw, err := s.records.raw(ctx, q.Run)
	switch {
	case errors.Is(err, events.ErrNotFound):
		raw, err = s.unrecorded(ctx, q.Run)
	case err == nil && !hasVerdict(raw):
		raw, err = s.unfinished(ctx, q.Run, raw)
	}
	return events.RunAnswer{Record: raw}, err
}

// hasVerdict says whether a stored record is whole.
func hasVerdict(raw json.RawMessage) bool {
	var r struct {
		Verdict record.Verdict `json:"verdict"`
	}
	return json.Unmarshal(raw, &r) == nil && r.Verdict.Word != ""
}

// unfinished is the record of a run that was not stored to its end: as it is while the run
// is under way, and with the verdict that was published once it has ended.
func (s *Service) unfinished(ctx context.Context, run string, raw json.RawMessage) (json.RawMessage, error) {
	sum, err := s.ended(ctx, run)
	if errors.Is(err, events.ErrNotFound) {
		return raw, nil
	}
	if err != nil {
		return nil, err
	}
	rec, err := record.Parse(raw)
	if err != nil {
		return nil, err
	}
	return encode(conclusion(rec, sum))
}

// unrecorded is the record of a run that has none stored: it is queued only, or nothing of
// it could be stored.
func (s *Service) unrecorded(ctx context.Context, run string) (json.RawMessage, error) {
	row, err := s.queue.Get(ctx, run)
	switch {
	case err == nil && row.Body.Finished == nil:
		rec := s.blank(row.Body)
		rec.Started = time.Time{}
		return encode(rec)
	case err != nil && !errors.Is(err, events.ErrNotFound):
		return nil, err
	}
	sum, err := s.ended(ctx, run)
	if errors.Is(err, events.ErrNotFound) {
		return nil, events.Errorf(events.KindNotFound, "shakedown experiment list", "there is no run %s", run)
	}
	if err != nil {
		return nil, err
	}
	rec := s.blank(Row{
		Run: sum.Run, Experiment: sum.Experiment, Queued: sum.Started, Began: sum.Started,
		Request: events.RunStart{Environment: sum.Environment, Namespace: sum.Namespace},
	})
	return encode(conclusion(rec, sum))
}

// ended is an ended run in one line: of its row until that leaves, then what is remembered.
// Errors: events.ErrNotFound.
func (s *Service) ended(ctx context.Context, run string) (events.RunSummary, error) {
	row, err := s.queue.Get(ctx, run)
	switch {
	case err == nil && row.Body.Finished != nil:
		return *row.Body.Finished, nil
	case err == nil:
		return events.RunSummary{}, fmt.Errorf("run %s is under way: %w", run, events.ErrNotFound)
	case !errors.Is(err, events.ErrNotFound):
		return events.RunSummary{}, err
	}
	past, err := s.queue.Past(ctx, run)
	if err != nil {
		return events.RunSummary{}, err
	}
	if past.Summary == nil {
		return events.RunSummary{}, fmt.Errorf("run %s has no summary any more: %w", run, events.ErrNotFound)
	}
	return summaryOf(past)
}

// conclusion is the record with the verdict that was published of its run.
func conclusion(rec record.Record, sum events.RunSummary) record.Record {
	rec.Ended = sum.Ended
	rec.Verdict = record.Verdict{Word: record.Word(sum.Verdict), Reason: sum.Reason, Advice: sum.Advice}
	rec.Phases = append(rec.Phases, record.Phase{Name: record.PhaseFinished, Started: sum.Ended, Ended: sum.Ended})
	rec.AddNote(sum.Ended, "the record ends here: what came later could not be stored")
	return rec
}

func encode(rec record.Record) (json.RawMessage, error) {
	raw, err := json.Marshal(rec)
	if err != nil {
		return nil, fmt.Errorf("encode record of run %s: %w", rec.Run, err)
	}
	return raw, nil
}
