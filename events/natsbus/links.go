package natsbus

import (
	"context"
	"sync"
)

// links knows who waits for an answer that a lost connection takes with it.
type links struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]context.CancelFunc
}

// during derives a context that also ends when the connection is a new one.
func (l *links) during(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		l.waiting = map[uint64]context.CancelFunc{}
	}
	l.last++
	id := l.last
	l.waiting[id] = cancel
	return ctx, func() {
		l.mu.Lock()
		delete(l.waiting, id)
		l.mu.Unlock()
		cancel()
	}
}

// renewed ends every wait.
func (l *links) renewed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, cancel := range l.waiting {
		cancel()
	}
}
