package envs

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// memory is a store of one bucket a name, and a bus that keeps what is published:
// what a service on a fake clock can stand on, since it has no connections.
type memory struct {
	events.Bus
	events.Caller
	mu        sync.Mutex
	buckets   map[string]*memoryKV
	published []events.Envelope
}

func (m *memory) KV(_ context.Context, b events.Bucket) (events.KV, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.buckets[b.Name] == nil {
		m.buckets[b.Name] = &memoryKV{rows: map[string]events.Entry{}, changed: make(chan struct{})}
	}
	return m.buckets[b.Name], nil
}

func (m *memory) Call(context.Context, events.Envelope) (events.Envelope, error) {
	return events.Envelope{}, events.ErrUnanswered
}

func (m *memory) Objects(context.Context, events.Bucket) (events.Objects, error) { panic("not used") }

func (m *memory) Publish(_ context.Context, e events.Envelope) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.published = append(m.published, e)
	return nil
}

// of are the events of the type that were published.
func (m *memory) of(kind string) []events.Envelope {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.published), func(e events.Envelope) bool { return e.Type != kind })
}

type memoryKV struct {
	mu      sync.Mutex
	rev     uint64
	rows    map[string]events.Entry
	changed chan struct{}
}

func (k *memoryKV) Get(_ context.Context, key string) ([]byte, uint64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.rows[key]
	if !ok || e.Deleted {
		return nil, 0, events.ErrNotFound
	}
	return e.Value, e.Revision, nil
}

func (k *memoryKV) Create(_ context.Context, key string, value []byte) (uint64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e, ok := k.rows[key]; ok && !e.Deleted {
		return 0, events.ErrExists
	}
	return k.put(events.Entry{Key: key, Value: value}), nil
}

func (k *memoryKV) Update(_ context.Context, key string, value []byte, rev uint64) (uint64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rows[key].Revision != rev {
		return 0, events.ErrConflict
	}
	return k.put(events.Entry{Key: key, Value: value}), nil
}

func (k *memoryKV) Delete(_ context.Context, key string, rev uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if rev != 0 && k.rows[key].Revision != rev {
		return events.ErrConflict
	}
	k.put(events.Entry{Key: key, Deleted: true})
	return nil
}

func (k *memoryKV) put(e events.Entry) uint64 {
	k.rev++
	e.Revision = k.rev
	k.rows[e.Key] = e
	close(k.changed)
	k.changed = make(chan struct{})
	return k.rev
}

// since are the entries that are newer than the revision, in order.
func (k *memoryKV) since(rev uint64) ([]events.Entry, <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	newer := slices.DeleteFunc(slices.Collect(maps.Values(k.rows)), func(e events.Entry) bool { return e.Revision <= rev })
	slices.SortFunc(newer, func(a, b events.Entry) int { return cmp.Compare(a.Revision, b.Revision) })
	return newer, k.changed
}

func (k *memoryKV) List(context.Context) ([]events.Entry, error) {
	all, _ := k.since(0)
	all = slices.DeleteFunc(all, func(e events.Entry) bool { return e.Deleted })
	slices.SortFunc(all, func(a, b events.Entry) int { return strings.Compare(a.Key, b.Key) })
	return all, nil
}

func (k *memoryKV) Watch(ctx context.Context, show func(events.Entry) bool, caughtUp func()) error {
	for rev, first := uint64(0), true; ; first = false {
		newer, changed := k.since(rev)
		for _, e := range newer {
			rev = e.Revision
			if !show(e) {
				return nil
			}
		}
		if first {
			caughtUp()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// onMemory runs the queue of a service with the cluster until the test ends.
func onMemory(t *testing.T, cluster Cluster) (*memory, *queue) {
	t.Helper()
	m := &memory{buckets: map[string]*memoryKV{}}
	stamp := events.Stamp{Source: "test", Now: time.Now, NewID: func() string { return "id" }}
	s, err := New(Deps{
		Bus: m, Caller: m, Store: m, Stamp: stamp, Log: slog.New(slog.DiscardHandler), Owner: "server", Installation: here,
		Cluster: cluster, Config: DefaultConfig(),
	})
	if err != nil {
		t.Fatal(err)
	}
	q, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { q.Run(ctx, s.handle) })
	t.Cleanup(func() { stop(); running.Wait() })
	return m, q
}
