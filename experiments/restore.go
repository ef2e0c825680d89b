package experiments

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// Restorer puts finished runs into a store, as the service leaves them.
type Restorer struct {
	ended   events.KV
	records records
}

// OpenRestorer opens the buckets of finished runs, made on first use.
func OpenRestorer(ctx context.Context, s events.Store, c Config) (Restorer, error) {
	ended, err := s.KV(ctx, events.Bucket{Name: queueName + "_ended", TTL: c.Keep})
	if err != nil {
		return Restorer{}, fmt.Errorf("open the ends of runs: %w", err)
	}
	objects, err := s.Objects(ctx, events.Bucket{Name: recordsName, TTL: c.Keep})
	if err != nil {
		return Restorer{}, fmt.Errorf("open the records of runs: %w", err)
	}
	return Restorer{ended, records{objects}}, nil
}

// Put restores one run. Errors: events.ErrExists when there is one with its id.
func (r Restorer) Put(ctx context.Context, rec record.Record) error {
	summary, err := json.Marshal(summarize(rec))
	if err != nil {
		return fmt.Errorf("encode summary of run %s: %w", rec.Run, err)
	}
	raw, err := json.Marshal(work.Past{
		ID: rec.Run, Ended: rec.Ended, Summary: summary,
		Asked: events.Meta{ID: rec.Trigger.Event, Source: group, Time: rec.Queued, Correlation: rec.Run},
	})
	if err != nil {
		return fmt.Errorf("encode the end of run %s: %w", rec.Run, err)
	}
	if err := r.records.put(ctx, rec); err != nil {
		return err
	}
	if _, err := r.ended.Create(ctx, events.Key(rec.Run), raw); err != nil {
		return fmt.Errorf("restore run %s: %w", rec.Run, err)
	}
	return nil
}
