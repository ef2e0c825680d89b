// Package pace bounds how many bytes a second a copy reads from its source.
package pace

import (
	"context"
	"sync"
	"time"
)

// Pacer bounds bytes a second over all goroutines that share it. A nil Pacer bounds
// nothing.
type Pacer struct {
	now  func() time.Time
	rate int64

	mu sync.Mutex
	// free is when everything that was read so far has had its time.
	free time.Time
}

// New is a Pacer of so many bytes a second, nil for 0 or less.
func New(bytesPerSecond int64, now func() time.Time) *Pacer {
	if bytesPerSecond <= 0 {
		return nil
	}
	return &Pacer{now: now, rate: bytesPerSecond}
}

// Took returns when bytes that were just read have had their time, or with the cause
// when ctx ends before.
func (p *Pacer) Took(ctx context.Context, bytes int64) error {
	if p == nil {
		return nil
	}
	return Wait(ctx, p.reserve(bytes))
}

// reserve says how long the bytes have to wait for their time to be over.
func (p *Pacer) reserve(bytes int64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(time.Duration(float64(bytes) / float64(p.rate) * float64(time.Second)))
	return p.free.Sub(now)
}

// Wait returns after d, or with the cause when ctx ends before.
func Wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
