package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// layout is the sizes of the parts that an object is to be copied in: those of the
// source, where it knows them.
func (c *copier) layout(ctx context.Context, src *object) ([]int64, error) {
	count := partsOf(src.etag)
	if count <= 1 && src.size <= c.copyLimit {
		return []int64{src.size}, nil
	}
	if count == 0 {
		return evenly(src.size, usualPart(src.size)), nil
	}
	first, known, err := c.partSize(ctx, src, 1)
	if err != nil {
		return nil, err
	}
	if !known {
		return evenly(src.size, likelyPart(src.size, count)), nil
	}
	if uniform(src.size, first, count) {
		last, known, err := c.partSize(ctx, src, int32(count))
		if err != nil {
			return nil, err
		}
		if known && last == src.size-int64(count-1)*first {
			return evenly(src.size, first), nil
		}
	}
	return c.eachPart(ctx, src, first, count)
}

// eachPart asks for the size of every part.
func (c *copier) eachPart(ctx context.Context, src *object, first int64, count int) ([]int64, error) {
	sizes, total := []int64{first}, first
	for number := 2; number <= count; number++ {
		n, known, err := c.partSize(ctx, src, int32(number))
		if err != nil {
			return nil, err
		}
		if !known {
			break
		}
		sizes, total = append(sizes, n), total+n
	}
	if total != src.size || len(sizes) != count {
		return evenly(src.size, likelyPart(src.size, count)), nil
	}
	return sizes, nil
}

// partSize is the size of a part, if the server knows it. The ETag of the copy shows
// whether it was that of the version that is copied.
func (c *copier) partSize(ctx context.Context, src *object, number int32) (n int64, known bool, err error) {
	var out *s3.HeadObjectOutput
	err = c.from.try(ctx, "asking for the parts of "+c.from.name(src.rel), func(ctx context.Context) (err error) {
		ctx, cancel := c.from.quick(ctx)
		defer cancel()
		out, err = c.from.client.HeadObject(ctx, &s3.HeadObjectInput{
			Bucket: &c.from.bucket, Key: aws.String(c.from.key(src.rel)), PartNumber: aws.Int32(number),
		})
		return err
	})
	if err != nil {
		if is(err, unknown) || is(err, permanent) && ctx.Err() == nil {
			return 0, false, nil
		}
		return 0, false, err
	}
	n = aws.ToInt64(out.ContentLength)
	return n, aws.ToInt32(out.PartsCount) > 0 || n < src.size, nil
}

// uniform says whether parts of one size, the last may be smaller, make the count.
func uniform(size, part int64, count int) bool {
	return part > 0 && int64(count-1)*part < size && size <= int64(count)*part
}

// evenly divides a size into parts.
func evenly(size, part int64) []int64 {
	var sizes []int64
	for ; size > part; size -= part {
		sizes = append(sizes, part)
	}
	return append(sizes, size)
}

// usualPart is a size of parts of which there are not too many.
func usualPart(size int64) int64 {
	const most = partLimit * 9 / 10
	return max(partUsual, (size+most-1)/most)
}

// likelyPart is the size that common tools use and that makes the count. The ETag
// shows whether it was right.
func likelyPart(size int64, count int) int64 {
	for _, mib := range []int64{8, 5, 16, 10, 15, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1024} {
		if uniform(size, mib<<20, count) {
			return mib << 20
		}
	}
	return max(partMin, usualPart(size), (size+int64(count)-1)/int64(count))
}
