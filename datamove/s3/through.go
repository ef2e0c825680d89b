package s3

import (
	"context"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// writeThrough reads an object and writes it in one request, with the content
// never whole in memory.
func (c *copier) writeThrough(ctx context.Context, src *object) (written, error) {
	var w written
	var tags []types.Tag
	asked := false
	err := c.classed(types.StorageClass(src.class), func(class types.StorageClass) error {
		return tryBoth(ctx, "copying "+c.from.name(src.rel), c.from, c.to, func(ctx context.Context) error {
			ctx, dog, stop := watched(ctx, c.from.timeout)
			defer stop()
			out, err := c.from.read(ctx, src, 0, src.size)
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
			dog.alive()
			w, err = c.put(ctx, src, t, class, c.body(ctx, out.Body, src, dog))
			return stalled(ctx, err)
		})
	})
	return w, err
}

// body is what is read, on its way.
func (c *copier) body(ctx context.Context, in io.Reader, src *object, dog *watchdog) *meter {
	return &meter{in: in, left: src.size, watchdog: dog, took: c.took(ctx)}
}

// took counts bytes that were read and holds the reading up as the throttle wants.
func (c *copier) took(ctx context.Context) func(n int64) error {
	return func(n int64) error {
		c.bytes.Add(n)
		return c.pacer.Took(ctx, n)
	}
}
