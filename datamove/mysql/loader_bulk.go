package mysql

import (
	"context"
	"errors"
)

var errNoBulk = errors.New("the target has stopped to take bulk statements")

// bulks writes the blocks of a chunk by one prepared statement.
func (l *loader) bulks(ctx context.Context, c *chunk, r *blockReader) (written int64, err error) {
	if !l.link.bulk {
		return 0, errNoBulk // another server answers at the address
	}
	var id uint32
	if err := l.raw(ctx, func(w *wire) (err error) {
		id, err = w.prepare(c.plan.bulkStatement())
		return err
	}); err != nil {
		return 0, err
	}
	for block := range c.blocks {
		n, err := l.bulk(ctx, c, id, block)
		r.pool.put(ordinary(block))
		if err != nil {
			return written, err
		}
		written += n
	}
	return written, l.raw(ctx, func(w *wire) error { return w.forget(id) })
}

// ordinary is a block for the pool: those that grew for a large row are not kept.
func ordinary(block []byte) []byte {
	if cap(block) > blockSize {
		return nil
	}
	return block
}

// bulk writes a block and looks at the warnings, which are told with the rows.
func (l *loader) bulk(ctx context.Context, c *chunk, id uint32, block []byte) (written int64, err error) {
	var warnings int64
	err = l.raw(ctx, func(w *wire) (err error) {
		written, warnings, err = w.bulk(id, block)
		return err
	})
	if err != nil || warnings == 0 {
		return written, err
	}
	return written, l.warnings(ctx, c)
}

func (l *loader) raw(ctx context.Context, do func(*wire) error) error {
	return l.link.raw(func(w *wire) error { return w.guard(ctx, func() error { return do(w) }) })
}
