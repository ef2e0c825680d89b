package natsbus

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go"
)

// inbox keeps messages until they are read. It holds no more memory than what
// waits, where a synchronous subscription of nats.go holds half a MiB from the
// start. How much may wait is bounded by the flow control of the consumer, which is
// answered when it is read.
type inbox struct {
	mu      sync.Mutex
	waiting []*nats.Msg
	news    chan struct{}
}

func newInbox() *inbox { return &inbox{news: make(chan struct{}, 1)} }

// put takes a message in. It never blocks.
func (i *inbox) put(m *nats.Msg) {
	i.mu.Lock()
	i.waiting = append(i.waiting, m)
	i.mu.Unlock()
	select {
	case i.news <- struct{}{}:
	default:
	}
}

// next takes the oldest message out. One goroutine calls it. Errors: that of ctx.
func (i *inbox) next(ctx context.Context) (*nats.Msg, error) {
	for {
		if m := i.take(); m != nil {
			return m, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-i.news:
		}
	}
}

func (i *inbox) take() *nats.Msg {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.waiting) == 0 {
		return nil
	}
	m := i.waiting[0]
	if i.waiting = i.waiting[1:]; len(i.waiting) == 0 {
		i.waiting = nil // what was read leaves with the array
	}
	return m
}
