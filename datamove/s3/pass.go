package s3

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/datamove"
)

const (
	// tasksMost is how many objects are worked on at once, at most.
	tasksMost = limitMost
	// failuresMost is after how many objects that could not be copied a pass ends.
	failuresMost = 100
)

// pass goes once through both listings.
type pass struct {
	run *run
	// copying passes copy what is missing or differs; others only compare.
	copying bool
	found   *tally
	pool    *pool
}

// pass lists both sides, joins them and does what is to be done with each key.
func (r *run) pass(ctx context.Context, copying bool) (*tally, error) {
	found, err := r.passOnce(ctx, copying)
	if errors.Is(err, errDisorder) && !r.sorted {
		r.sorted = true
		r.notes.Warn("a listing is not in the order of keys; listings were sorted in memory")
		found, err = r.passOnce(ctx, copying)
	}
	return found, err
}

func (r *run) passOnce(ctx context.Context, copying bool) (*tally, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := &pass{run: r, copying: copying, found: &tally{}, pool: newPool(tasksMost, cancel)}
	r.units.begin()
	r.last, r.snapshot = p.found, datamove.Snapshot{Time: r.began, Method: "listings"}
	p.found.notes.LeaveOut(leftOutAlways())
	if err := joined(ctx, r.from, r.to, r.sorted, func(k pair) error { return p.handle(ctx, k) }); err != nil {
		cancel(err)
	}
	p.pool.wait()
	if err := context.Cause(ctx); err != nil {
		return p.found, err
	}
	p.end()
	return p.found, nil
}

// end notes what a pass that came to its end has left out.
func (p *pass) end() {
	t, r := p.found, p.run
	t.complete = true
	if t.excluded > 0 {
		t.leaveOut(label(t.excluded, "objects"), "include and exclude leave them out")
	}
	if t.uncompared > 0 {
		t.leaveOut("content headers, metadata and tags of "+label(t.uncompared, "objects"),
			"the target had the same content already, not older than the source's; data verify compares them")
	}
	if way := &r.copier.way; way.inside.Load() && !way.heads.Load() && !r.verify {
		t.leaveOut("website redirects of objects that are not empty", "a copy inside the server loses them; data verify finds them")
	}
}

// handle does with one key what is to be done. It returns an error only when the
// pass must end.
func (p *pass) handle(ctx context.Context, k pair) error {
	r := p.run
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !r.includes(k.rel):
		p.found.add(&p.found.excluded)
	case k.rel == "" && r.to.prefix == "":
		p.found.leaveOut("the object "+r.from.key(""), "its key is the prefix itself and the target has no prefix")
	case k.src == nil:
		p.extra(k)
	case k.dst == nil:
		return p.toCopy(ctx, k, "missing")
	default:
		return p.both(ctx, k)
	}
	return nil
}

// extra is a key that only the target has.
func (p *pass) extra(k pair) {
	most := -1 // none are kept
	if p.run.job.Store.S3.Delete && !p.run.verify {
		most = p.run.maxDelete()
	}
	p.found.addExtra(k.rel, most)
	if p.keepsExtra(k.dst) {
		p.found.add(&p.found.kept)
		return
	}
	p.differs(k, "extra", "")
}

// keepsExtra says that an object which only the target has is no difference: in a
// copy it was there before and stays, unless this run wrote it and the source has
// lost it since.
func (p *pass) keepsExtra(o *object) bool {
	store := p.run.job.Store
	switch {
	case store.S3.Delete:
		return false
	case p.run.verify:
		return store.Existing == datamove.ExistingMerge || store.Existing == datamove.ExistingReplace
	}
	return !p.run.journal.ours(o.rel, o.etag)
}

// differs notes a difference and counts it in its unit.
func (p *pass) differs(k pair, what, detail string) {
	unit := p.run.units.differ(k.rel, k.src, k.dst)
	p.found.notes.Differ(datamove.Difference{Unit: unit, ID: k.rel, What: what, Detail: detail})
}
