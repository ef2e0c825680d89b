package s3

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

var (
	// errStalled says that nothing moved for as long as a request may stand still.
	errStalled = errors.New("nothing moved for too long")
	// errNoAnswer says that an answer had nothing of what it must have: it was cut off
	// before it began, or is not the server's.
	errNoAnswer = errors.New("the answer is empty")
	// errShort says that an object ended before its size.
	errShort = errors.New("ended before its size")
)

// guard ends a request that stands still.
type guard struct {
	timer  *time.Timer
	period time.Duration
}

// guarded is a context that ends when nothing is read for the period.
func guarded(ctx context.Context, period time.Duration) (context.Context, *guard, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	g := &guard{period: period, timer: time.AfterFunc(period, func() { cancel(errStalled) })}
	return ctx, g, func() {
		g.timer.Stop()
		cancel(nil)
	}
}

// moved puts the end off.
func (g *guard) moved() { g.timer.Reset(g.period) }

// stalled is err, or that the request stood still when that was its reason.
func stalled(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
}

// meter is a body on its way: it feeds the guard and counts, and says so when the body
// is short.
type meter struct {
	in    io.Reader
	left  int64
	guard *guard
	// took is called with the bytes of each read and may hold the reading up.
	took func(n int64) error
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.in.Read(p)
	m.left -= int64(n)
	m.guard.moved()
	if n > 0 {
		m.guard.timer.Stop() // a pause of ours is no stall
		if failed := m.took(int64(n)); failed != nil {
			return n, failed
		}
		m.guard.moved()
	}
	if errors.Is(err, io.EOF) && m.left > 0 {
		return n, errShort
	}
	return n, err
}

// budget bounds the bytes of memory that bodies take.
type budget struct {
	mu      sync.Mutex
	left    int64
	changed chan struct{}
}

func newBudget(bytes int64) *budget { return &budget{left: bytes, changed: make(chan struct{})} }

// take waits until n bytes are free.
func (b *budget) take(ctx context.Context, n int64) error {
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

// give gives n bytes back.
func (b *budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += n
	close(b.changed)
	b.changed = make(chan struct{})
}
