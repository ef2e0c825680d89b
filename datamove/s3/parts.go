package s3

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	// partsAtOnce is how many parts of one object are under way.
	partsAtOnce = 4
	// partUsual is the size of parts where the source's are not known.
	partUsual = 16 << 20
)

// part is a piece of an object.
type part struct {
	number  int32
	from, n int64
}

// copyOne copies one part of an upload and returns its ETag.
type copyOne func(ctx context.Context, src *object, id string, p part) (etag string, err error)

// writeParts copies an object in the parts that the source has, so that its ETag
// comes out the same. The upload is aborted when it fails; the journal knows of it
// when not even that is possible.
func (c *copier) writeParts(ctx context.Context, src *object, one copyOne) (written, error) {
	_, t, err := c.from.head(ctx, src.rel, src.etag, true)
	if err != nil {
		return written{}, err
	}
	sizes, err := c.layout(ctx, src)
	if err != nil {
		return written{}, err
	}
	id, err := c.create(ctx, src, t)
	if err != nil {
		return written{}, err
	}
	done, err := c.upload(ctx, src, id, sizes, one)
	if err == nil {
		var etag string
		if etag, err = c.complete(ctx, src, id, done); err == nil {
			return written{etag: etag, size: src.size, proven: etag == src.etag && telling(etag)}, c.journal.ended(id)
		}
	}
	if aborted := c.abort(context.WithoutCancel(ctx), c.to.key(src.rel), id); aborted != nil {
		c.notes.Warn("an unfinished upload of %s was not removed: %v", c.to.name(src.rel), aborted)
	}
	return written{}, err
}

// upload copies all parts, some at once.
func (c *copier) upload(ctx context.Context, src *object, id string, sizes []int64, one copyOne) ([]types.CompletedPart, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make([]types.CompletedPart, len(sizes))
	queue := make(chan part)
	var wg sync.WaitGroup
	for range min(partsAtOnce, len(sizes)) {
		wg.Go(func() {
			for p := range queue {
				etag, err := one(ctx, src, id, p)
				if err != nil {
					cancel(err)
				}
				done[p.number-1] = types.CompletedPart{ETag: aws.String(etag), PartNumber: aws.Int32(p.number)}
			}
		})
	}
	feed(ctx, queue, sizes)
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return done, nil
}

// feed sends the parts until ctx ends.
func feed(ctx context.Context, queue chan<- part, sizes []int64) {
	defer close(queue)
	var from int64
	for i, n := range sizes {
		select {
		case queue <- part{number: int32(i + 1), from: from, n: n}:
		case <-ctx.Done():
			return
		}
		from += n
	}
}

// copyPart has the server copy a part.
func (c *copier) copyPart(ctx context.Context, src *object, id string, p part) (string, error) {
	in := &s3.UploadPartCopyInput{
		Bucket: &c.to.bucket, Key: aws.String(c.to.key(src.rel)), UploadId: &id, PartNumber: aws.Int32(p.number),
		CopySource: aws.String(copySource(c.from.bucket, c.from.key(src.rel))), CopySourceIfMatch: quoted(src.etag),
	}
	if src.size > 0 {
		in.CopySourceRange = aws.String(fmt.Sprintf("bytes=%d-%d", p.from, p.from+p.n-1))
	}
	var out *s3.UploadPartCopyOutput
	err := c.to.try(ctx, fmt.Sprintf("copying part %d of %s", p.number, c.from.name(src.rel)), func(ctx context.Context) (err error) {
		ctx, cancel := c.to.long(ctx, p.n)
		defer cancel()
		out, err = c.to.client.UploadPartCopy(ctx, in)
		return err
	})
	if err != nil {
		return "", err
	}
	c.bytes.Add(p.n)
	if out.CopyPartResult == nil {
		return "", fmt.Errorf("copying part %d of %s: the server names no ETag", p.number, c.from.name(src.rel))
	}
	return aws.ToString(out.CopyPartResult.ETag), nil
}

// streamPart reads a part and writes it.
func (c *copier) streamPart(ctx context.Context, src *object, id string, p part) (string, error) {
	var etag string
	err := tryBoth(ctx, fmt.Sprintf("copying part %d of %s", p.number, c.from.name(src.rel)), c.from, c.to, func(ctx context.Context) error {
		ctx, dog, stop := watched(ctx, c.from.timeout)
		defer stop()
		got, err := c.from.read(ctx, src, p.from, p.n)
		if err != nil {
			return stalled(ctx, err)
		}
		defer func() { _ = got.Body.Close() }()
		body := &meter{in: got.Body, left: p.n, watchdog: dog, took: c.took(ctx)}
		out, err := c.to.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &c.to.bucket, Key: aws.String(c.to.key(src.rel)), UploadId: &id, PartNumber: aws.Int32(p.number),
			Body: body, ContentLength: aws.Int64(p.n),
		}, unsigned)
		if err != nil {
			return stalled(ctx, err)
		}
		etag = aws.ToString(out.ETag)
		return nil
	})
	return etag, err
}
