package redis

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/datamove/pace"
	"github.com/shakedown-dev/shakedown/events"
)

// repairs is how often keys that changed during the copy are copied again.
const repairs = 3

// Copy copies and compares. See datamove.Adapter.
func (a *Adapter) Copy(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	return a.work(ctx, j, p, (*run).copyAll)
}

// work opens both ends, does what is wanted and concludes the part.
func (a *Adapter) work(ctx context.Context, j datamove.Job, p datamove.Progress, do func(*run, context.Context, *datamove.Part) error) (datamove.Part, error) {
	began := j.Now()
	r, err := a.open(ctx, j, p)
	if err != nil {
		return outcome.Conclude(datamove.Part{Name: j.Store.Name, Store: datamove.StoreRedis}, err, false)
	}
	defer r.close()
	part := r.part()
	err = do(r, ctx, &part)
	part.Took = events.Duration(j.Now().Sub(began))
	r.tally.fill(&part)
	return outcome.Conclude(part, err, r.changed)
}

func (r *run) part() datamove.Part {
	return datamove.Part{
		Name: r.job.Store.Name, Store: datamove.StoreRedis, From: r.from.report(), To: r.to.report(),
	}
}

// copyAll is the order of a copy: look, refuse, note, copy, compare.
func (r *run) copyAll(ctx context.Context, part *datamove.Part) error {
	past, err := readJournal(r.job.StateDir)
	if err != nil {
		return err
	}
	id, err := identity(r.job)
	if err != nil {
		return err
	}
	began := r.before(past)
	resumed := began.mode != ""
	if resumed {
		if err := resumable(past, id); err != nil {
			return err
		}
		part.Resumed = count(past, stepResumed) + 1
	}
	if err := r.release(ctx, past); err != nil {
		return err
	}
	r.step("look")
	seen, err := r.look(ctx, began)
	if err != nil {
		return err
	}
	if err := outcome.Refusal(seen.findings); err != nil {
		return err
	}
	r.checkpoint("looked")
	j, err := startJournal(r.job.StateDir, !resumed, past, r.job.Now)
	if err != nil {
		return err
	}
	r.changed = true
	err = r.copyWith(ctx, j, part, seen, id, resumed)
	return errors.Join(err, j.close())
}

func (r *run) copyWith(ctx context.Context, j *journal, part *datamove.Part, seen seen, id string, resumed bool) error {
	first := line{Step: stepBegan, Identity: id, Mode: seen.mode}
	if resumed {
		first = line{Step: stepResumed}
	}
	if err := j.did(first); err != nil {
		return err
	}
	r.checkpoint("began")
	if err := r.sweep(ctx, j.past); err != nil {
		return err
	}
	for _, f := range seen.findings {
		if f.Severity == datamove.Warning {
			r.tally.notes.Warn("%s: %s", f.Check, f.Message)
		}
	}
	part.LeftOut = append(part.LeftOut, seen.leftOut...)
	if err := r.move(ctx, j, part, &seen); err != nil {
		return err
	}
	if err := j.did(line{Step: stepCopied}); err != nil {
		return err
	}
	r.checkpoint("copied")
	if err := r.compareFunctions(ctx, part, seen); err != nil {
		return err
	}
	if err := r.compareAll(ctx, part, j); err != nil {
		return err
	}
	if err := r.tellOthers(ctx); err != nil {
		return err
	}
	return r.wantNoEvictions(ctx, part)
}

// move copies by the way that was chosen.
func (r *run) move(ctx context.Context, j *journal, part *datamove.Part, seen *seen) error {
	if seen.mode == modeReplicaof {
		err := r.replicate(ctx, j, part)
		if !errors.Is(err, errNotAllowed) || r.job.Store.Redis.Mode == modeReplicaof {
			return err
		}
		r.tally.notes.Warn("the target does not allow REPLICAOF; copied by SCAN")
		seen.mode = modeScan
	}
	if err := r.clear(ctx); err != nil {
		return err
	}
	if err := r.copyFunctions(ctx, *seen); err != nil {
		return err
	}
	return r.scanAll(ctx, j, part)
}

// clear removes what is in the way (replace). A resumed run does so again: a target
// that was killed may have come back with what was removed.
func (r *run) clear(ctx context.Context) error {
	if r.job.Store.Existing != datamove.ExistingReplace {
		return nil
	}
	r.step("clear")
	for _, p := range r.pairs {
		if err := r.each(ctx, p.to, p.to.unlink); err != nil {
			return err
		}
	}
	r.checkpoint("cleared")
	return nil
}

// scanAll copies all databases key by key.
func (r *run) scanAll(ctx context.Context, j *journal, part *datamove.Part) error {
	r.step("copy")
	from, err := r.from.first.Time(ctx).Result()
	if err != nil {
		return r.from.fault("ask for the time", err)
	}
	part.Cut = datamove.Cut{Time: from.UTC(), Method: modeScan, Position: r.from.server.position()}
	for range repairs {
		before, err := r.from.topology(ctx)
		if err != nil {
			return err
		}
		for _, p := range r.pairs {
			if err := r.scanOne(ctx, j, p); err != nil {
				return err
			}
		}
		after, err := r.from.topology(ctx)
		if err != nil || settled(before, after) {
			part.Cut.Until = r.job.Now().UTC()
			return err
		}
		r.tally.notes.Warn("slots of the source moved between its nodes; all keys were copied again")
		r.checkpoint("moved")
		if err := r.from.rediscover(ctx); err != nil {
			return err
		}
	}
	return events.Errorf(events.KindUnavailable, "wait until the slots of the cluster have settled",
		"slots of the source %s keep moving between its nodes", r.from.access)
}

func (r *run) scanOne(ctx context.Context, j *journal, p pair) error {
	c, err := r.copier(ctx, j, p)
	if err != nil {
		return err
	}
	return r.each(ctx, p.from, c.batch)
}

func (r *run) copier(ctx context.Context, j *journal, p pair) (*copier, error) {
	total, err := p.from.size(ctx)
	return &copier{
		run: r, pair: p, journal: j, total: total, temporaries: new(atomic.Int64),
		throttle: &throttle{
			now:        r.job.Now,
			pacer:      pace.New(r.job.Store.Throttle.BytesPerSecond, r.job.Now),
			maxLatency: r.job.Store.Throttle.MaxLatency.Std(), source: r.from.first,
		},
	}, err
}
