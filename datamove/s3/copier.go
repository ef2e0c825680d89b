package s3

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/pace"
)

// The two ways of a copy.
const (
	methodInside   = "server-side"
	methodStreamed = "streamed"
)

// memoryBudget is what bodies that are held whole may take together.
const memoryBudget = 24 << 20

// copier copies single objects.
type copier struct {
	*Adapter
	from, to *end
	mask     datamove.Masker
	journal  *journal
	pacer    *pace.Pacer
	memory   *budget
	// streamed is the user's wish that the server does not copy.
	streamed bool
	// inside says that the server copies. It is decided before the first copy and
	// falls back once when the server refuses.
	inside    atomic.Bool
	decided   sync.Once
	undecided error
	// heads says that every object is looked at before the server copies it,
	// because it may be encrypted with a key that a copy would lose.
	heads  atomic.Bool
	moved  func(rel string, bytes int64)
	masked func(rel, as string)

	mu       sync.Mutex
	warnings map[string]bool
}

// written is what a copy made in the target.
type written struct {
	etag string
	size int64
	// proven says that the content is known to be what was read.
	proven bool
}

// warn keeps a warning once.
func (c *copier) warn(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.warnings[fmt.Sprintf(format, args...)] = true
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
	looked := c.heads.Load()
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
	if keyLost && !looked && c.inside.Load() {
		c.heads.Store(true)
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
		var l look
		if l, err = c.lookAtBoth(ctx, src, dst); err != nil {
			return false, err
		}
		if equal, keyLost = l.equal, l.keyLost; !l.decided {
			equal, err = c.sameBytes(ctx, src, dst)
		}
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
		c.from.opaque.Store(true)
	} else {
		c.to.opaque.Store(true)
	}
}

// write chooses the way.
func (c *copier) write(ctx context.Context, src *object) (written, error) {
	if t := c.transform(src.rel); t != nil {
		return c.writeMasked(ctx, src, t)
	}
	if err := c.decide(ctx); err != nil {
		return written{}, err
	}
	inParts := partsOf(src.etag) > 0 || src.size > c.opts.CopyLimit
	if c.inside.Load() {
		w, err := c.writeInside(ctx, src, inParts)
		if src.size == 0 && judgeIs(err, permanent) && ctx.Err() == nil {
			return c.writeThrough(ctx, src) // versitygw does not copy folders
		}
		denied := judgeIs(err, denied) && c.from.access.Secret != c.to.access.Secret
		if !judgeIs(err, unknown) && !denied {
			return w, err
		}
		c.warn("the server does not copy by itself, or may not; objects were read and written")
		c.inside.Store(false)
	}
	if inParts {
		return c.writeParts(ctx, src, c.streamPart)
	}
	return c.writeThrough(ctx, src)
}

// writeInside has the server copy.
func (c *copier) writeInside(ctx context.Context, src *object, inParts bool) (written, error) {
	if err := c.pacer.Took(ctx, src.size); err != nil {
		return written{}, err
	}
	if inParts {
		return c.writeParts(ctx, src, c.copyPart)
	}
	in := &s3.CopyObjectInput{
		Bucket: &c.to.bucket, Key: aws.String(c.to.key(src.rel)), CopySource: aws.String(copySource(c.from.bucket, c.from.key(src.rel))),
		CopySourceIfMatch: quoted(src.etag),
	}
	if c.heads.Load() || src.size == 0 { // what redirects is mostly empty
		_, t, err := c.head(ctx, c.from, src.rel, src.etag, false)
		if err != nil {
			return written{}, err
		}
		in.ServerSideEncryption, in.SSEKMSKeyId = t.encrypted(true)
		in.WebsiteRedirectLocation = optional(t.redirect)
	}
	var out *s3.CopyObjectOutput
	err := c.classed(types.StorageClass(src.class), func(class types.StorageClass) error {
		in.StorageClass = class
		return c.try(ctx, "copying "+c.from.name(src.rel), func(ctx context.Context) (err error) {
			ctx, cancel := c.to.long(ctx, src.size)
			defer cancel()
			out, err = c.to.client.CopyObject(ctx, in)
			return err
		}, c.to)
	})
	if err != nil {
		return written{}, err
	}
	c.moved(src.rel, src.size)
	w := written{size: src.size}
	if out.CopyObjectResult != nil {
		w.etag = unquote(out.CopyObjectResult.ETag)
	}
	w.proven = w.etag == src.etag && telling(w.etag)
	return w, nil
}

// classed does something with a storage class, and without one where the target
// does not have it.
func (c *copier) classed(class types.StorageClass, do func(types.StorageClass) error) error {
	class = c.to.newClass(class)
	err := do(class)
	if class == "" || !codeIs(err, "InvalidStorageClass", "InvalidArgument", "NotImplemented") {
		return err
	}
	if err = do(""); err == nil { // else it was not the class that was wrong
		c.to.noClass.Store(true)
		c.warn("the target does not have the storage class %s; objects are in its standard class", class)
	}
	return err
}
