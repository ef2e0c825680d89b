package s3

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/shakedown-dev/shakedown/datamove"
)

const (
	// maskMost is the largest object that is masked: it is held in memory, and so is
	// what the transform makes of it.
	maskMost = 2 << 20
	// maskTakes is how many times its size a masked object may take.
	maskTakes = 10
)

// whole reads a bounded object into memory.
func (c *copier) whole(ctx context.Context, src *object) (content []byte, t traits, err error) {
	err = c.from.try(ctx, "reading "+c.from.name(src.rel), func(ctx context.Context) error {
		ctx, dog, stop := watched(ctx, c.from.timeout)
		defer stop()
		out, err := c.from.read(ctx, src, 0, src.size)
		if err != nil {
			return stalled(ctx, err)
		}
		defer func() { _ = out.Body.Close() }()
		t = got(out)
		body := c.body(ctx, out.Body, src, dog)
		content = make([]byte, src.size)
		_, err = io.ReadFull(body, content)
		return stalled(ctx, err)
	})
	return content, t, err
}

// maskedContent is an object as it may leave, with its traits.
func (c *copier) maskedContent(ctx context.Context, src *object, mask datamove.Transform) ([]byte, traits, error) {
	if src.size > maskMost {
		return nil, traits{}, fmt.Errorf("masking %s: it has %d bytes, and at most %d can be masked; exclude it or say that it may be kept", c.from.name(src.rel), src.size, maskMost)
	}
	content, t, err := c.whole(ctx, src)
	if err != nil {
		return nil, traits{}, err
	}
	result, null, err := mask.Mask(nil, content)
	if err != nil {
		return nil, traits{}, fmt.Errorf("masking %s as %s: %w", c.from.name(src.rel), mask.As(), err)
	}
	if null {
		result = nil
	}
	return result, t, nil
}

// writeMasked copies an object masked. The tags go with it, the metadata too.
func (c *copier) writeMasked(ctx context.Context, src *object, mask datamove.Transform) (written, error) {
	takes := maskTakes * min(src.size, maskMost)
	if err := c.memory.acquire(ctx, takes); err != nil {
		return written{}, err
	}
	defer c.memory.release(takes)
	content, t, err := c.maskedContent(ctx, src, mask)
	if err != nil {
		return written{}, err
	}
	if err := c.from.withTags(ctx, src.rel, &t); err != nil {
		return written{}, err
	}
	if len(t.metadata)+len(t.tags) > 0 {
		c.notes.Warn("masked objects have user metadata or tags, which were copied as they are")
	}
	w, err := c.putBytes(ctx, src, t, content)
	if err == nil {
		c.notes.Mask(unitName(src.rel)+"*", mask.As(), 1)
	}
	return w, err
}

// sameMasked says whether the target has what masking makes of the source.
func (c *copier) sameMasked(ctx context.Context, src, dst *object, mask datamove.Transform) (bool, error) {
	takes := maskTakes * min(src.size, maskMost)
	if err := c.memory.acquire(ctx, takes); err != nil {
		return false, err
	}
	defer c.memory.release(takes)
	content, _, err := c.maskedContent(ctx, src, mask)
	if err != nil || int64(len(content)) != dst.size {
		return false, err
	}
	if digest := md5.Sum(content); plainMD5(dst.etag) && !c.to.learned.opaque.Load() {
		if dst.etag == hex.EncodeToString(digest[:]) {
			return true, nil
		}
	}
	there, err := c.to.hash(ctx, dst, c.pacer)
	return err == nil && there == hashOf(content), err
}
