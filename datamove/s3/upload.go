package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// create begins an upload with all traits.
func (c *copier) create(ctx context.Context, src *object, t traits) (string, error) {
	key := c.to.key(src.rel)
	in := &s3.CreateMultipartUploadInput{
		Bucket: &c.to.bucket, Key: &key, ContentType: optional(t.contentType), CacheControl: optional(t.cacheControl),
		ContentDisposition: optional(t.disposition), ContentEncoding: optional(t.encoding), ContentLanguage: optional(t.language),
		WebsiteRedirectLocation: optional(t.redirect), Metadata: t.metadata, Tagging: t.tagging(),
	}
	in.ServerSideEncryption, in.SSEKMSKeyId = t.encrypted(c.from.sameServer(c.to.location))
	var out *s3.CreateMultipartUploadOutput
	err := c.classed(types.StorageClass(src.class), func(class types.StorageClass) error {
		in.StorageClass = class
		return c.to.try(ctx, "beginning an upload of "+c.to.name(src.rel), func(ctx context.Context) (err error) {
			if err := c.journal.requesting(key); err != nil {
				return err
			}
			ctx, cancel := c.to.quick(ctx)
			defer cancel()
			out, err = c.to.client.CreateMultipartUpload(ctx, in, t.withExpires)
			if err == nil && aws.ToString(out.UploadId) == "" {
				return errNoAnswer
			}
			return err
		})
	})
	if err != nil {
		return "", err
	}
	id := aws.ToString(out.UploadId)
	return id, c.journal.started(key, id)
}

// complete puts the parts together.
func (c *copier) complete(ctx context.Context, src *object, id string, done []types.CompletedPart) (string, error) {
	var out *s3.CompleteMultipartUploadOutput
	err := c.to.try(ctx, "ending the upload of "+c.to.name(src.rel), func(ctx context.Context) (err error) {
		ctx, cancel := c.to.long(ctx, src.size)
		defer cancel()
		out, err = c.to.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: &c.to.bucket, Key: aws.String(c.to.key(src.rel)), UploadId: &id,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
		})
		return err
	})
	if codeIs(err, "NoSuchUpload") {
		// An answer that was lost may have completed it before.
		return c.completedBefore(ctx, src, err)
	}
	if err != nil {
		return "", err
	}
	return unquote(out.ETag), nil
}

// completedBefore asks whether the target has the object after all.
func (c *copier) completedBefore(ctx context.Context, src *object, lost error) (string, error) {
	out, _, err := c.to.head(ctx, src.rel, "", false)
	if err != nil || aws.ToInt64(out.ContentLength) != src.size {
		return "", lost
	}
	return unquote(out.ETag), nil
}

// abortUpload removes an upload. One that is gone is fine.
func (e *end) abortUpload(ctx context.Context, key, id string) error {
	err := e.try(ctx, "removing an unfinished upload of "+e.name(""), func(ctx context.Context) error {
		ctx, cancel := e.quick(ctx)
		defer cancel()
		_, err := e.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &e.bucket, Key: &key, UploadId: &id})
		return err
	})
	if codeIs(err, "NoSuchUpload") || is(err, gone) {
		return nil
	}
	return err
}

func (c *copier) abort(ctx context.Context, key, id string) error {
	ctx, cancel := context.WithTimeout(ctx, c.to.timeout)
	defer cancel()
	if err := c.to.abortUpload(ctx, key, id); err != nil {
		return err
	}
	return c.journal.ended(id)
}
