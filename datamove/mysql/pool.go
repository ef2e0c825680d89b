package mysql

import "context"

// pool bounds what is under way between reader and loaders.
type pool struct {
	free chan []byte
	size int
}

// newPool has n blocks.
func newPool(n int) *pool {
	p := &pool{free: make(chan []byte, n), size: n}
	for range n {
		p.free <- nil
	}
	return p
}

// get waits for an empty block.
func (p *pool) get(ctx context.Context) ([]byte, error) {
	select {
	case b := <-p.free:
		if b == nil {
			b = make([]byte, 0, blockSize)
		}
		return b[:0], nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// put gives a block back. Those that grew for a large row are not kept.
func (p *pool) put(b []byte) {
	if cap(b) > insertBlock+blockSize {
		b = nil
	}
	p.free <- b
}
