package s3

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/datamove/pace"
)

// The two ways of a copy, as plans name them.
const (
	methodInside   = "server-side"
	methodStreamed = "streamed"
)

// memoryBudget is what bodies that are held whole may take together.
const memoryBudget = 24 << 20

// copier copies single objects.
type copier struct {
	from, to *end
	mask     datamove.Masker
	journal  *journal
	pacer    *pace.Pacer
	memory   *budget
	way      way
	// copyLimit is the largest object that the server copies in one request.
	copyLimit int64
	// bytes counts what was moved.
	bytes atomic.Int64
	notes *outcome.Notes
}

// written is what a copy made in the target.
type written struct {
	etag string
	size int64
	// proven says that the content is known to be what was read.
	proven bool
}

// transform is how an object's content is masked, nil when it is not.
func (c *copier) transform(rel string) datamove.Transform {
	if c.mask == nil {
		return nil
	}
	return c.mask.Object(c.from.key(rel))
}

// copy copies one object and proves that it arrived, by its ETag or by reading it back.
func (c *copier) copy(ctx context.Context, src *object) error {
	asked := c.way.heads.Load()
	w, err := c.write(ctx, src)
	if err != nil {
		return err
	}
	if w.proven || w.etag == src.etag && telling(w.etag) {
		c.learn(src, w)
		return c.journal.wrote(src.rel, src.etag, w.etag, w.size)
	}
	// It is this run's own from now on, whatever the proof says.
	if err := c.journal.wrote(src.rel, "", w.etag, w.size); err != nil {
		return err
	}
	keyLost, err := c.prove(ctx, src, w)
	if keyLost && !asked && c.way.inside.Load() {
		c.way.heads.Store(true)
		return c.copy(ctx, src)
	}
	if err != nil {
		return err
	}
	return c.journal.wrote(src.rel, src.etag, w.etag, w.size)
}

// prove wants that what was written is what was read. It also says whether a key of
// KMS was lost.
func (c *copier) prove(ctx context.Context, src *object, w written) (keyLost bool, err error) {
	dst := &object{rel: src.rel, size: w.size, etag: w.etag, class: src.class}
	equal := false
	if mask := c.transform(src.rel); mask != nil {
		equal, err = c.sameMasked(ctx, src, dst, mask)
	} else {
		c.learn(src, w)
		equal, keyLost, err = c.sameUnmasked(ctx, src, dst)
	}
	if err == nil && !equal {
		err = fmt.Errorf("copying %s: what arrived is not what was sent", c.from.name(src.rel))
	}
	return keyLost, err
}

// learn finds out whose ETags are not the MD5 of the content, from an object that
// was uploaded in one piece at both ends.
func (c *copier) learn(src *object, w written) {
	if w.etag == src.etag || !plainMD5(w.etag) || !plainMD5(src.etag) || c.transform(src.rel) != nil {
		return
	}
	if w.proven {
		c.from.learned.opaque.Store(true)
	} else {
		c.to.learned.opaque.Store(true)
	}
}
