package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// unsigned leaves the body out of the signature, so that it can be a stream. MD5
// proves it instead.
func unsigned(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
}

// put writes a stream of the object's size.
func (c *copier) put(ctx context.Context, src *object, t traits, class types.StorageClass, body *meter) (written, error) {
	digest := md5.New()
	in := c.putInput(src.rel, t, class)
	in.Body, in.ContentLength = io.TeeReader(body, digest), aws.Int64(src.size)
	if src.size == 0 {
		in.Body = bytes.NewReader(nil)
	}
	if known := c.sourceMD5(src, t); known != nil {
		in.ContentMD5 = known // so that no server keeps half a body
	}
	out, err := c.to.client.PutObject(ctx, in, unsigned, t.withExpires)
	if codeIs(err, "BadDigest") && in.ContentMD5 != nil {
		c.from.learned.opaque.Store(true) // the next try goes without
	}
	if err != nil {
		return written{}, err
	}
	etag := unquote(out.ETag)
	return written{etag: etag, size: src.size, proven: etag == hex.EncodeToString(digest.Sum(nil))}, nil
}

// sourceMD5 is the MD5 of an object as its ETag has it, nil where it is not one.
func (c *copier) sourceMD5(src *object, t traits) *string {
	if c.from.learned.opaque.Load() || !plainMD5(src.etag) || t.keyed() {
		return nil
	}
	raw, err := hex.DecodeString(src.etag)
	if err != nil {
		return nil
	}
	return aws.String(base64.StdEncoding.EncodeToString(raw))
}

// putInput is a request with all traits.
func (c *copier) putInput(rel string, t traits, class types.StorageClass) *s3.PutObjectInput {
	in := &s3.PutObjectInput{
		Bucket: &c.to.bucket, Key: aws.String(c.to.key(rel)), ContentType: optional(t.contentType), CacheControl: optional(t.cacheControl),
		ContentDisposition: optional(t.disposition), ContentEncoding: optional(t.encoding), ContentLanguage: optional(t.language),
		WebsiteRedirectLocation: optional(t.redirect), Metadata: t.metadata, Tagging: t.tagging(), StorageClass: class,
	}
	in.ServerSideEncryption, in.SSEKMSKeyId = t.encrypted(c.from.sameServer(c.to.location))
	return in
}

// putBytes writes content that is in memory.
func (c *copier) putBytes(ctx context.Context, src *object, t traits, content []byte) (written, error) {
	digest := md5.Sum(content)
	var out *s3.PutObjectOutput
	err := c.classed(types.StorageClass(src.class), func(class types.StorageClass) error {
		return c.to.try(ctx, "writing "+c.to.name(src.rel), func(ctx context.Context) (err error) {
			ctx, cancel := c.to.long(ctx, int64(len(content)))
			defer cancel()
			in := c.putInput(src.rel, t, class)
			in.Body, in.ContentMD5 = bytes.NewReader(content), aws.String(base64.StdEncoding.EncodeToString(digest[:]))
			out, err = c.to.client.PutObject(ctx, in, unsigned, t.withExpires)
			return err
		})
	})
	if err != nil {
		return written{}, err
	}
	etag := unquote(out.ETag)
	return written{etag: etag, size: int64(len(content)), proven: etag == hex.EncodeToString(digest[:])}, nil
}
