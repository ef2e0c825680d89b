package s3

import (
	"cmp"
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

const (
	// roundMost is how many passes may copy: the first, and those that catch up with
	// a source that changes. The pass after the last only compares.
	roundMost = 4
	// maxDelete is the cap on deletes where the document has none.
	maxDelete = 100
)

// Copy implements datamove.Adapter.
func (a *Adapter) Copy(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	return a.work(ctx, j, p, (*run).copyAll)
}

// Verify implements datamove.Adapter.
func (a *Adapter) Verify(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	j.StateDir, j.Resume = "", false
	return a.work(ctx, j, p, (*run).compareAll)
}

// work opens both ends, does what is wanted and concludes the part.
func (a *Adapter) work(ctx context.Context, j datamove.Job, p datamove.Progress, do func(*run, context.Context) error) (datamove.Part, error) {
	r, err := a.newRun(ctx, j, p)
	if err != nil {
		return outcome.Conclude(datamove.Part{Name: j.Store.Name, Store: datamove.StoreS3}, err, false)
	}
	defer r.close()
	if err := j.Meets(server(r.to)); err != nil {
		return r.finish(err)
	}
	return r.finish(do(r, ctx))
}

// begin inspects both ends and opens the journal. Refuse makes the error of what was found.
func (r *run) begin(ctx context.Context, refuse func([]datamove.Finding) error) error {
	r.step("preflight")
	if err := preflight(ctx, r.from, r.to); err != nil {
		return err
	}
	unfitted, err := r.unfitted(ctx, 0)
	if err = cmp.Or(err, refuse(unfitted)); err != nil {
		return err
	}
	return r.openJournal()
}

// compareAll compares and changes nothing.
func (r *run) compareAll(ctx context.Context) error {
	r.verify = true
	if err := r.begin(ctx, outcome.Invalid); err != nil {
		return err
	}
	r.step("compare")
	_, err := r.pass(ctx, false)
	return err
}

// copyAll copies in rounds until a pass finds nothing to do.
func (r *run) copyAll(ctx context.Context) (err error) {
	if err := r.begin(ctx, outcome.Refusal); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.journal.close()) }()
	if r.job.Resume {
		r.resumed = max(0, r.journal.starts)
		if err := r.sweep(ctx); err != nil {
			return err
		}
	}
	found, err := r.compareFirst(ctx)
	if err != nil || found != nil && found.idle() && (found.extra == 0 || !r.job.Store.S3.Delete) {
		return err
	}
	if err := r.rounds(ctx); err != nil {
		return err
	}
	return r.sweepUnanswered(ctx)
}

// compareFirst compares before anything is copied where something would make the copy
// refuse: objects that are there already, or too many to remove.
func (r *run) compareFirst(ctx context.Context) (*tally, error) {
	fail := r.job.Store.Existing == "" || r.job.Store.Existing == datamove.ExistingFail
	if fail {
		first, _ := r.to.page(ctx, nil, 1)
		if first.err != nil {
			return nil, first.err
		}
		fail = len(first.objects) > 0
	}
	if !fail && !r.job.Store.S3.Delete {
		return nil, nil
	}
	r.step("compare")
	found, err := r.pass(ctx, false)
	if err != nil {
		return nil, err
	}
	if fail && found.foreign > 0 {
		return nil, events.Errorf(events.KindRefused, "say existing: replace or merge, or choose an empty prefix",
			"%d objects below s3://%s/%s differ from those that would be copied there, the first is %q",
			found.foreign, r.to.bucket, r.to.prefix, found.firstForeign)
	}
	return found, r.checkDeletes(found)
}

// rounds copies until there is nothing left to do, then the last pass was the
// comparison.
func (r *run) rounds(ctx context.Context) error {
	for round := 1; ; round++ {
		r.step(map[bool]string{true: "objects", false: "compare"}[round == 1])
		found, err := r.pass(ctx, round <= roundMost)
		if err != nil {
			return err
		}
		if err := found.notCopied(); err != nil && (found.idle() || round > roundMost) {
			return err
		}
		removed, err := r.remove(ctx, found)
		if err != nil {
			return err
		}
		if found.idle() && removed == 0 {
			return nil
		}
		if round > roundMost {
			r.notes.Warn("the source changed faster than it could be copied")
			return nil
		}
	}
}
