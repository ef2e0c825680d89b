package redis

import (
	"context"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/pace"
	"github.com/shakedown-dev/shakedown/events"
)

// scanAll copies all databases key by key.
func (r *run) scanAll(ctx context.Context, j *journal, part *datamove.Part) error {
	r.observer.Step("copy")
	from, err := r.from.time(ctx)
	if err != nil {
		return err
	}
	part.Snapshot = datamove.Snapshot{Time: from.UTC(), Method: modeScan, Position: r.from.server.position()}
	for range repairs {
		before, err := r.from.topology(ctx)
		if err != nil {
			return err
		}
		if err := r.scanPairs(ctx, j); err != nil {
			return err
		}
		after, err := r.from.topology(ctx)
		if err != nil || settled(before, after) {
			part.Snapshot.Until = r.job.Now().UTC()
			return err
		}
		r.tally.notes.Warn("slots of the source moved between its nodes; all keys were copied again")
		r.observer.Reached("moved")
		if err := r.from.rediscover(ctx); err != nil {
			return err
		}
	}
	return events.Errorf(events.KindUnavailable, "wait until the slots of the cluster have settled",
		"slots of the source %s keep moving between its nodes", r.from.access)
}

// scanPairs copies each database once.
func (r *run) scanPairs(ctx context.Context, j *journal) error {
	for _, p := range r.pairs {
		c := r.newCopier(j, p)
		var err error
		if c.total, err = p.from.size(ctx); err != nil {
			return err
		}
		if err := r.scanner.each(ctx, p.from, c.batch); err != nil {
			return err
		}
	}
	return nil
}

// newCopier is one for a database.
func (r *run) newCopier(j *journal, p pair) *copier {
	want := r.job.Store.Throttle
	return &copier{
		pair: p, masks: r.masks(), skew: r.skew, journal: j, tally: &r.tally, observer: r.observer,
		merges: r.merges(), bigKey: r.bigKey(), temporaries: &temporaries{job: r.job.ID},
		throttle: &throttle{
			now: r.job.Now, pacer: pace.New(want.BytesPerSecond, r.job.Now), maxLatency: want.MaxLatency.Std(), source: r.from.first,
		},
	}
}
