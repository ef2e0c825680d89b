package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// write copies an object by the way that is chosen for it.
func (c *copier) write(ctx context.Context, src *object) (written, error) {
	if t := c.transform(src.rel); t != nil {
		return c.writeMasked(ctx, src, t)
	}
	if err := c.way.decide(ctx, c.from, c.to); err != nil {
		return written{}, err
	}
	inParts := partsOf(src.etag) > 0 || src.size > c.copyLimit
	if c.way.inside.Load() {
		w, err := c.writeInside(ctx, src, inParts)
		if src.size == 0 && is(err, permanent) && ctx.Err() == nil {
			return c.writeThrough(ctx, src) // versitygw does not copy folders
		}
		denied := is(err, denied) && c.from.access.Secret != c.to.access.Secret
		if !is(err, unknown) && !denied {
			return w, err
		}
		c.notes.Warn("the server does not copy by itself, or may not; objects were read and written")
		c.way.inside.Store(false)
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
	in, err := c.copyInput(ctx, src)
	if err != nil {
		return written{}, err
	}
	var out *s3.CopyObjectOutput
	err = c.classed(types.StorageClass(src.class), func(class types.StorageClass) error {
		in.StorageClass = class
		return c.to.try(ctx, "copying "+c.from.name(src.rel), func(ctx context.Context) (err error) {
			ctx, cancel := c.to.long(ctx, src.size)
			defer cancel()
			out, err = c.to.client.CopyObject(ctx, in)
			return err
		})
	})
	if err != nil {
		return written{}, err
	}
	c.bytes.Add(src.size)
	w := written{size: src.size}
	if out.CopyObjectResult != nil {
		w.etag = unquote(out.CopyObjectResult.ETag)
	}
	w.proven = w.etag == src.etag && telling(w.etag)
	return w, nil
}

// copyInput is the request to copy an object, with what a copy would lose.
func (c *copier) copyInput(ctx context.Context, src *object) (*s3.CopyObjectInput, error) {
	in := &s3.CopyObjectInput{
		Bucket: &c.to.bucket, Key: aws.String(c.to.key(src.rel)), CopySource: aws.String(copySource(c.from.bucket, c.from.key(src.rel))),
		CopySourceIfMatch: quoted(src.etag),
	}
	if !c.way.heads.Load() && src.size > 0 { // what redirects is mostly empty
		return in, nil
	}
	_, t, err := c.from.head(ctx, src.rel, src.etag, false)
	in.ServerSideEncryption, in.SSEKMSKeyId = t.encrypted(true)
	in.WebsiteRedirectLocation = optional(t.redirect)
	return in, err
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
		c.to.learned.noClass.Store(true)
		c.notes.Warn("the target does not have the storage class %s; objects are in its standard class", class)
	}
	return err
}
