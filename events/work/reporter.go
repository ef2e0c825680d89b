package work

import (
	"sync"
	"time"
)

// Reporter publishes progress off the way of the work: of each topic the newest,
// every so often. Its methods may be called from several goroutines; the zero
// value is not usable.
type Reporter[P any] struct {
	publish func(P)
	news    chan struct{}
	stop    chan struct{}
	over    sync.WaitGroup

	mu      sync.Mutex
	topics  []string
	pending map[string]P
}

// NewReporter begins to publish at most once in every interval. Close must be
// called.
func NewReporter[P any](every time.Duration, publish func(P)) *Reporter[P] {
	r := &Reporter[P]{publish: publish, news: make(chan struct{}, 1), stop: make(chan struct{}), pending: map[string]P{}}
	r.over.Go(func() { r.run(every) })
	return r
}

// Report says how far something is. What was said of the topic before and is not
// published yet is left out.
func (r *Reporter[P]) Report(topic string, p P) {
	r.mu.Lock()
	if _, waiting := r.pending[topic]; !waiting {
		r.topics = append(r.topics, topic)
	}
	r.pending[topic] = p
	r.mu.Unlock()
	select {
	case r.news <- struct{}{}:
	default:
	}
}

func (r *Reporter[P]) run(every time.Duration) {
	pause := time.NewTimer(every)
	defer pause.Stop()
	for {
		select {
		case <-r.stop:
			r.flush()
			return
		case <-r.news:
		}
		r.flush()
		pause.Reset(every)
		select {
		case <-r.stop:
		case <-pause.C:
		}
	}
}

// flush publishes what waits, in the order in which the topics came up.
func (r *Reporter[P]) flush() {
	r.mu.Lock()
	topics, pending := r.topics, r.pending
	r.topics, r.pending = nil, map[string]P{}
	r.mu.Unlock()
	for _, topic := range topics {
		r.publish(pending[topic])
	}
}

// Close publishes what waits and returns when nothing is published any more.
func (r *Reporter[P]) Close() {
	close(r.stop)
	r.over.Wait()
}
