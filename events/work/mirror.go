package work

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
)

// Mirror is a bucket followed in memory. Its methods may be called at the same
// time from several goroutines.
type Mirror[V any] struct {
	kv     events.KV
	decode func(events.Entry) (V, error)
	log    *slog.Logger
	ready  chan struct{}
	once   sync.Once

	// most bounds how many values are kept; 0 means all.
	most  int
	order func(a, b V) int

	mu     sync.RWMutex
	values map[string]V
}

// NewMirror makes a mirror of the bucket that Run fills. A value that decode
// refuses is left out and logged. All waits for a call of decode, so what decode
// does and the value it returns are seen together.
func NewMirror[V any](kv events.KV, decode func(events.Entry) (V, error), log *slog.Logger) *Mirror[V] {
	return &Mirror[V]{kv: kv, decode: decode, log: log, ready: make(chan struct{}), values: map[string]V{}}
}

// KeepLast bounds the values that are kept to the last so many in this order. All may
// have up to twice as many. It is called before Run.
func (m *Mirror[V]) KeepLast(most int, order func(a, b V) int) *Mirror[V] {
	m.most, m.order = most, order
	return m
}

// errLeftOut says that a value has no place in a mirror.
var errLeftOut = errors.New("left out")

// MirrorPast follows what the queue remembers of ended rows, as of makes it. Those
// whose summary was dropped are left out.
func MirrorPast[T, V any](q *Queue[T], of func(Past) (V, error)) *Mirror[V] {
	return NewMirror(q.past.kv, func(e events.Entry) (V, error) {
		past, err := decode[Past](e.Key, e.Value)
		if err != nil {
			var none V
			return none, err
		}
		if past.Summary == nil && q.cfg.Summary != nil {
			var none V
			return none, errLeftOut
		}
		return of(past)
	}, q.deps.Log)
}

// Run follows the bucket until ctx ends.
func (m *Mirror[V]) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := m.kv.Watch(ctx, func(e events.Entry) bool { m.see(e); return true }, func() {
			m.once.Do(func() { close(m.ready) })
		})
		if err != nil && ctx.Err() == nil {
			m.log.Warn("a bucket cannot be watched; it is tried again", "error", err)
		}
		events.Wait(ctx, watchPause)
	}
}

func (m *Mirror[V]) see(e events.Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var v V
	var err error
	if !e.Deleted {
		if v, err = m.decode(e); err != nil && !errors.Is(err, errLeftOut) {
			m.log.Error("a value cannot be read; it is left out", "key", e.Key, "error", err)
		}
	}
	if e.Deleted || err != nil {
		delete(m.values, e.Key)
		return
	}
	m.values[e.Key] = v
	if m.most > 0 && len(m.values) > 2*m.most {
		m.drop()
	}
}

// drop leaves the last values. Its cost is shared by as many new values as it drops.
func (m *Mirror[V]) drop() {
	keys := slices.SortedFunc(maps.Keys(m.values), func(a, b string) int { return m.order(m.values[a], m.values[b]) })
	for _, key := range keys[:len(keys)-m.most] {
		delete(m.values, key)
	}
}

// Ready is closed when all that was there at the start has been read.
func (m *Mirror[V]) Ready() <-chan struct{} { return m.ready }

// All are the values, in no order.
func (m *Mirror[V]) All() []V {
	m.mu.RLock()
	defer m.mu.RUnlock()
	out := make([]V, 0, len(m.values))
	for _, v := range m.values {
		out = append(out, v)
	}
	return out
}

// Len is how many values there are.
func (m *Mirror[V]) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.values)
}
