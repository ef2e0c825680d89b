package mysql

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/datamove/mysql/wire"
)

var errNoBulk = errors.New("the target no longer takes bulk statements")

// bulks writes the blocks of a chunk by one prepared statement.
func (l *loader) bulks(ctx context.Context, c *chunk, r *blockReader) (written int64, err error) {
	if !l.link.bulk {
		return 0, errNoBulk // another server answers at the address
	}
	var id uint32
	if err := l.link.raw(ctx, func(w *wire.Conn) (err error) {
		id, err = w.Prepare(ctx, c.plan.bulkStatement())
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
	return written, l.link.raw(ctx, func(w *wire.Conn) error { return w.Forget(ctx, id) })
}

// ordinary is a block for the pool: those that grew for a large row are not kept.
func ordinary(block []byte) []byte {
	if cap(block) > blockSize {
		return nil
	}
	return block
}

// bulk writes a block and reads the warnings, whose number comes with the rows.
func (l *loader) bulk(ctx context.Context, c *chunk, id uint32, block []byte) (written int64, err error) {
	var warnings int64
	err = l.link.raw(ctx, func(w *wire.Conn) (err error) {
		written, warnings, err = w.Bulk(ctx, id, block)
		return err
	})
	if err != nil || warnings == 0 {
		return written, err
	}
	return written, l.warnings(ctx, c)
}
