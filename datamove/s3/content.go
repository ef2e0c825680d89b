package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func hashOf(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

// sameContent says whether two objects have the same bytes although their ETags
// cannot tell: by what a look at both tells, else by reading both. For a masked
// object the source is masked first.
func (c *copier) sameContent(ctx context.Context, src, dst *object) (bool, error) {
	if mask := c.transform(src.rel); mask != nil {
		return c.sameMasked(ctx, src, dst, mask)
	}
	l, err := c.lookAtBoth(ctx, src, dst)
	if err != nil || l.decided {
		return l.equal, err
	}
	return c.sameBytes(ctx, src, dst)
}

// look is what a look at two objects tells.
type look struct {
	equal, decided bool
	// keyLost says that the source is encrypted with a key of KMS and the target not.
	keyLost bool
}

// lookAtBoth asks both ends for an object's checksums and how it is encrypted.
func (c *copier) lookAtBoth(ctx context.Context, src, dst *object) (look, error) {
	if src.size != dst.size {
		return look{decided: true}, nil
	}
	a, here, err := c.head(ctx, c.from, src.rel, src.etag, false)
	if err != nil {
		return look{}, err
	}
	b, there, err := c.head(ctx, c.to, dst.rel, dst.etag, false)
	if err != nil {
		return look{}, err
	}
	l := look{keyLost: here.keyed() && !there.keyed()}
	if l.equal, l.decided = sameChecksum(a, b); !l.decided && c.from.isMD5(src, here) && c.to.isMD5(dst, there) {
		l.equal, l.decided = src.etag == dst.etag, true
	}
	return l, nil
}

// isMD5 says whether the ETag of an object is the MD5 of its content.
func (e *end) isMD5(o *object, t traits) bool {
	return plainMD5(o.etag) && !t.keyed() && !e.opaque.Load() && o.class != string(types.StorageClassExpressOnezone)
}

// sameBytes reads both.
func (c *copier) sameBytes(ctx context.Context, src, dst *object) (bool, error) {
	here, err := c.hash(ctx, c.from, src)
	if err != nil {
		return false, err
	}
	there, err := c.hash(ctx, c.to, dst)
	return err == nil && here == there, err
}

// sameChecksum compares checksums of whole objects, and says if there were any of
// one kind.
func sameChecksum(a, b *s3.HeadObjectOutput) (equal, decided bool) {
	if a.ChecksumType != types.ChecksumTypeFullObject || b.ChecksumType != types.ChecksumTypeFullObject {
		return false, false
	}
	for _, pair := range [][2]*string{
		{a.ChecksumSHA256, b.ChecksumSHA256},
		{a.ChecksumCRC64NVME, b.ChecksumCRC64NVME},
	} {
		if pair[0] != nil && pair[1] != nil {
			return *pair[0] == *pair[1], true
		}
	}
	return false, false
}

// hash reads an object and hashes it.
func (c *copier) hash(ctx context.Context, e *end, o *object) (string, error) {
	var digest hash.Hash
	err := c.try(ctx, "reading "+e.name(o.rel), func(ctx context.Context) error {
		ctx, g, stop := guarded(ctx, c.opts.Timeout)
		defer stop()
		out, err := e.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &e.bucket, Key: aws.String(e.key(o.rel)), IfMatch: quoted(o.etag)})
		if err != nil {
			return stalled(ctx, err)
		}
		defer func() { _ = out.Body.Close() }()
		if o.etag != "" && out.ETag != nil && unquote(out.ETag) != o.etag {
			return errOther()
		}
		digest = sha256.New()
		body := &meter{in: out.Body, left: o.size, guard: g, took: func(n int64) error { return c.pacer.Took(ctx, n) }}
		_, err = io.Copy(digest, body)
		return stalled(ctx, err)
	}, e)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}
