package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/shakedown-dev/shakedown/datamove/pace"
)

// read opens a part of an object that begins at from and has n bytes.
func (e *end) read(ctx context.Context, o *object, from, n int64) (*s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{Bucket: &e.bucket, Key: aws.String(e.key(o.rel)), IfMatch: quoted(o.etag)}
	if n != o.size {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", from, from+n-1))
	}
	out, err := e.client.GetObject(ctx, in)
	if err != nil {
		return nil, err
	}
	if aws.ToInt64(out.ContentLength) != n || !isListed(out, o) {
		_ = out.Body.Close()
		return nil, errChanged()
	}
	return out, nil
}

// isListed says whether an answer is the object that was listed: some servers ignore
// the ETag that they are asked for.
func isListed(out *s3.GetObjectOutput, o *object) bool {
	return o.etag == "" || out.ETag == nil || unquote(out.ETag) == o.etag
}

// hash reads an object and hashes it.
func (e *end) hash(ctx context.Context, o *object, pacer *pace.Pacer) (string, error) {
	var digest hash.Hash
	err := e.try(ctx, "reading "+e.name(o.rel), func(ctx context.Context) error {
		ctx, dog, stop := watched(ctx, e.timeout)
		defer stop()
		out, err := e.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &e.bucket, Key: aws.String(e.key(o.rel)), IfMatch: quoted(o.etag)})
		if err != nil {
			return stalled(ctx, err)
		}
		defer func() { _ = out.Body.Close() }()
		if !isListed(out, o) {
			return errChanged()
		}
		digest = sha256.New()
		body := &meter{in: out.Body, left: o.size, watchdog: dog, took: func(n int64) error { return pacer.Took(ctx, n) }}
		_, err = io.Copy(digest, body)
		return stalled(ctx, err)
	})
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

func hashOf(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}
