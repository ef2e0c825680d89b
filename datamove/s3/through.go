package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// unquote is an ETag as listings have it here.
func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// codeIs says whether a server answered with one of the codes.
func codeIs(err error, codes ...string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && slices.Contains(codes, api.ErrorCode())
}

// unsigned leaves the body out of the signature, so that it can be a stream. MD5
// proves it instead.
func unsigned(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
}

// read opens a part of an object; n is how many bytes it has, from is where it begins.
func (c *copier) read(ctx context.Context, src *object, from, n int64) (*s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{Bucket: &c.from.bucket, Key: aws.String(c.from.key(src.rel)), IfMatch: quoted(src.etag)}
	if n != src.size {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", from, from+n-1))
	}
	out, err := c.from.client.GetObject(ctx, in)
	if err != nil {
		return nil, err
	}
	if aws.ToInt64(out.ContentLength) != n {
		_ = out.Body.Close()
		return nil, errOther()
	}
	if out.ETag != nil && unquote(out.ETag) != src.etag {
		_ = out.Body.Close()
		return nil, errOther()
	}
	return out, nil
}

// writeThrough reads an object and writes it in one request, with the content
// never whole in memory.
func (c *copier) writeThrough(ctx context.Context, src *object) (written, error) {
	var w written
	var tags []types.Tag
	asked := false
	err := c.classed(types.StorageClass(src.class), func(class types.StorageClass) error {
		return c.try(ctx, "copying "+c.from.name(src.rel), func(ctx context.Context) error {
			ctx, g, stop := guarded(ctx, c.opts.Timeout)
			defer stop()
			out, err := c.read(ctx, src, 0, src.size)
			if err != nil {
				return stalled(ctx, err)
			}
			defer func() { _ = out.Body.Close() }()
			t := got(out)
			if !asked {
				if err := c.from.askTags(ctx, src.rel, &t); err != nil {
					return stalled(ctx, err)
				}
				tags, asked = t.tags, true
			}
			t.tags = tags
			g.moved()
			w, err = c.put(ctx, src, t, class, c.body(ctx, out.Body, src, g))
			return stalled(ctx, err)
		}, c.from, c.to)
	})
	return w, err
}

// body is what is read, on its way.
func (c *copier) body(ctx context.Context, in io.Reader, src *object, g *guard) *meter {
	return &meter{in: in, left: src.size, guard: g, took: c.took(ctx, src.rel)}
}

// took counts bytes of an object and holds the reading up as the throttle wants.
func (c *copier) took(ctx context.Context, rel string) func(n int64) error {
	return func(n int64) error {
		c.moved(rel, n)
		return c.pacer.Took(ctx, n)
	}
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
		in.ContentMD5 = known // so that no server keeps a body that was cut off
	}
	out, err := c.to.client.PutObject(ctx, in, unsigned, t.withExpires)
	if codeIs(err, "BadDigest") && in.ContentMD5 != nil {
		c.from.opaque.Store(true) // the next try goes without
	}
	if err != nil {
		return written{}, err
	}
	etag := unquote(out.ETag)
	return written{etag: etag, size: src.size, proven: etag == hex.EncodeToString(digest.Sum(nil))}, nil
}

// sourceMD5 is the MD5 of an object as its ETag tells it, nil where it does not.
func (c *copier) sourceMD5(src *object, t traits) *string {
	if c.from.opaque.Load() || !plainMD5(src.etag) || t.keyed() {
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
		return c.try(ctx, "writing "+c.to.name(src.rel), func(ctx context.Context) (err error) {
			ctx, cancel := c.to.long(ctx, int64(len(content)))
			defer cancel()
			in := c.putInput(src.rel, t, class)
			in.Body, in.ContentMD5 = bytes.NewReader(content), aws.String(base64.StdEncoding.EncodeToString(digest[:]))
			out, err = c.to.client.PutObject(ctx, in, unsigned, t.withExpires)
			return err
		}, c.to)
	})
	if err != nil {
		return written{}, err
	}
	etag := unquote(out.ETag)
	return written{etag: etag, size: int64(len(content)), proven: etag == hex.EncodeToString(digest[:])}, nil
}
