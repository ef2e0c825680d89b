package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// sameContent says whether two objects have the same bytes although their ETags do
// not decide it: by their checksums and how they are encrypted, else by reading both.
// For a masked object the source is masked first.
func (c *copier) sameContent(ctx context.Context, src, dst *object) (bool, error) {
	if mask := c.transform(src.rel); mask != nil {
		return c.sameMasked(ctx, src, dst, mask)
	}
	equal, _, err := c.sameUnmasked(ctx, src, dst)
	return equal, err
}

// sameUnmasked also says whether a key of KMS was lost.
func (c *copier) sameUnmasked(ctx context.Context, src, dst *object) (equal, keyLost bool, err error) {
	found, err := inspect(ctx, c.from, c.to, src, dst)
	if err != nil || found.decided {
		return found.equal, found.keyLost, err
	}
	equal, err = c.sameBytes(ctx, src, dst)
	return equal, found.keyLost, err
}

// inspection is what two objects are without being read.
type inspection struct {
	equal, decided bool
	// keyLost says that the source is encrypted with a key of KMS and the target not.
	keyLost bool
}

// inspect asks both ends for an object's checksums and how it is encrypted.
func inspect(ctx context.Context, from, to *end, src, dst *object) (inspection, error) {
	if src.size != dst.size {
		return inspection{decided: true}, nil
	}
	a, here, err := from.head(ctx, src.rel, src.etag, false)
	if err != nil {
		return inspection{}, err
	}
	b, there, err := to.head(ctx, dst.rel, dst.etag, false)
	if err != nil {
		return inspection{}, err
	}
	found := inspection{keyLost: here.keyed() && !there.keyed()}
	if found.equal, found.decided = sameChecksum(a, b); !found.decided && from.etagIsMD5(src, here) && to.etagIsMD5(dst, there) {
		found.equal, found.decided = src.etag == dst.etag, true
	}
	return found, nil
}

// isMD5 says whether the ETag of an object is the MD5 of its content.
func (e *end) etagIsMD5(o *object, t traits) bool {
	return plainMD5(o.etag) && !t.keyed() && !e.learned.opaque.Load() && o.class != string(types.StorageClassExpressOnezone)
}

// sameBytes reads both.
func (c *copier) sameBytes(ctx context.Context, src, dst *object) (bool, error) {
	here, err := c.from.hash(ctx, src, c.pacer)
	if err != nil {
		return false, err
	}
	there, err := c.to.hash(ctx, dst, c.pacer)
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
