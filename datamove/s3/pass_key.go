package s3

import (
	"context"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// both is a key that both sides have.
func (p *pass) both(ctx context.Context, k pair) error {
	if p.run.journal.knows(k.rel, k.src.etag, k.dst.etag) {
		return p.sameContent(ctx, k)
	}
	if p.run.copier.transform(k.rel) != nil {
		return p.toCompare(ctx, k)
	}
	switch relate(k.src, k.dst) {
	case same:
		return p.sameContent(ctx, k)
	case other:
		return p.toCopy(ctx, k, "changed")
	default:
		return p.toCompare(ctx, k)
	}
}

// toCompare compares contents that the listings cannot tell apart.
func (p *pass) toCompare(ctx context.Context, k pair) error {
	return p.pool.do(ctx, func(ctx context.Context) error {
		equal, err := p.run.copier.sameContent(ctx, k.src, k.dst)
		if err != nil {
			return p.failed(k, err)
		}
		if !equal {
			return p.copyNow(ctx, k, "changed", "content")
		}
		p.run.journal.same(k.rel, k.src.etag, k.dst.etag)
		if p.comparesTraits(k) {
			return p.compareTraits(ctx, k)
		}
		p.run.units.equal(k.rel, k.dst.size, k.dst.etag)
		return nil
	})
}

// toCopy copies a key.
func (p *pass) toCopy(ctx context.Context, k pair, what string) error {
	if !p.mayWrite(k) {
		return p.copyNow(ctx, k, what, "")
	}
	return p.pool.do(ctx, func(ctx context.Context) error { return p.copyNow(ctx, k, what, "") })
}

// mayWrite says whether the pass and what is there allow that a key is written.
func (p *pass) mayWrite(k pair) bool {
	if !p.copying {
		return false
	}
	existing := p.run.job.Store.Existing
	return k.dst == nil || existing == datamove.ExistingMerge || existing == datamove.ExistingReplace ||
		p.run.journal.ours(k.rel, k.dst.etag)
}

// copyNow copies a key, or notes the difference where it may not.
func (p *pass) copyNow(ctx context.Context, k pair, what, detail string) error {
	r := p.run
	if k.dst != nil && !r.journal.ours(k.rel, k.dst.etag) {
		p.found.addForeign(k.rel)
	}
	if !p.mayWrite(k) {
		if !p.copying {
			p.found.add(&p.found.todo)
		}
		p.differs(k, what, detail)
		return nil
	}
	if len(r.to.key(k.rel)) > keyLimit {
		return p.failed(k, fmt.Errorf("copying %s: its key would be longer than %d bytes in the target", r.from.name(k.rel), keyLimit))
	}
	if err := r.copier.copy(ctx, k.src); err != nil {
		return p.failed(k, err)
	}
	p.found.add(&p.found.written)
	r.observer.Add(r.units.wrote(k.rel), 1, 0, k.src.size)
	r.observer.Reached("object")
	return nil
}

// failed says what an error about one object means: the end of the pass, another try
// in the next one, or an object that cannot be copied.
func (p *pass) failed(k pair, err error) error {
	e, known := errors.AsType[*events.Error](err)
	if known && e.Kind == events.KindUnavailable || errors.Is(err, context.Canceled) {
		return err
	}
	what := "missing"
	if k.dst != nil {
		what = "changed"
	}
	switch classify(err) {
	case changed:
		p.found.add(&p.found.again)
		p.differs(k, what, "it changed while it was copied")
		return nil
	case gone:
		p.found.add(&p.found.again)
		p.differs(k, what, "it is listed, and was not there when it was read")
		return nil
	default:
		p.differs(k, what, "it could not be copied: "+err.Error())
		return p.found.addFailed(err)
	}
}
