package s3

import (
	"context"
	"sync"
)

// budget bounds the bytes of memory that bodies take.
type budget struct {
	mu      sync.Mutex
	left    int64
	changed chan struct{}
}

func newBudget(bytes int64) *budget { return &budget{left: bytes, changed: make(chan struct{})} }

// acquire waits until n bytes are free.
func (b *budget) acquire(ctx context.Context, n int64) error {
	for {
		b.mu.Lock()
		if b.left >= n {
			b.left -= n
			b.mu.Unlock()
			return nil
		}
		changed := b.changed
		b.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// release gives n bytes back.
func (b *budget) release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += n
	close(b.changed)
	b.changed = make(chan struct{})
}
