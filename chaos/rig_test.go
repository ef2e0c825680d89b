package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// rig is a bus, a cluster and the servers on them.
type rig struct {
	t       *testing.T
	bus     *natsbus.Bus
	cluster *fakeCluster
	heard   *hearer
}

func newRig(t *testing.T, f *fakeCluster) *rig {
	t.Helper()
	bus := natsbustest.Open(t)
	r := &rig{t: t, bus: bus, cluster: f, heard: newHearer(t, bus)}
	return r
}

func (r *rig) deps(owner string) Deps {
	return Deps{
		Bus: r.bus, Caller: r.bus, Store: r.bus, Stamp: clockStamp(r.t), Cluster: r.cluster, Owner: owner,
		Config: Config{Lease: time.Second, StopWait: 5 * time.Second},
	}
}

// serve runs a service until the returned function is called.
func (r *rig) serve(d Deps) (stop func()) {
	r.t.Helper()
	s, err := New(d)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case <-s.Ready():
	case err := <-done:
		cancel()
		r.t.Fatalf("run: %v", err)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("run: %v", err)
		}
	})
	r.t.Cleanup(stop)
	return stop
}

func (r *rig) ask(req events.FaultInject) {
	r.t.Helper()
	if err := events.FaultInjectTopic.Publish(r.t.Context(), r.bus, clockStamp(r.t).About(req.Run, "inject"), req); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) entries() []Entry {
	r.t.Helper()
	table, err := events.OpenTable[Entry](r.t.Context(), r.bus, events.Bucket{Name: ledgerBucket})
	if err != nil {
		r.t.Fatal(err)
	}
	all, err := table.List(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// closed waits for the one entry to be closed with nothing left to say.
func (r *rig) closed() Entry {
	r.t.Helper()
	var last []Entry
	eventually(r.t, "the ledger entry is closed", func() bool {
		last = r.entries()
		return len(last) == 1 && !last[0].unfinished()
	})
	return last[0]
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("not within %s: %s", patience, what)
		case <-look.C:
		}
	}
}

// hearer remembers every event, once for each id.
type hearer struct {
	mu  sync.Mutex
	all []events.Envelope
	ids map[string]int
}

func newHearer(t *testing.T, bus events.Bus) *hearer {
	t.Helper()
	h := &hearer{ids: make(map[string]int)}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- bus.Watch(ctx, events.Filter{Ready: sync.OnceFunc(func() { close(ready) })}, func(e events.Envelope) bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.all = append(h.all, e)
			h.ids[e.ID]++
			return true
		})
	}()
	<-ready
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("watch: %v", err)
		}
	})
	return h
}

// of lists the payloads of a topic so far.
func of[T any](h *hearer, topic events.Topic[T]) []T {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []T
	for _, e := range h.all {
		if _, payload, err := topic.Parse(e); err == nil {
			all = append(all, payload)
		}
	}
	return all
}

// await waits for the first event of a topic.
func await[T any](t *testing.T, h *hearer, topic events.Topic[T]) T {
	t.Helper()
	eventually(t, topic.Type(), func() bool { return len(of(h, topic)) > 0 })
	return of(h, topic)[0]
}

var errDead = errors.New("the process is dead")

// life is a process that can die: from then on nothing of it reaches the bus,
// the store or the cluster.
type life struct {
	mu   sync.Mutex
	dead bool
	died chan struct{}
	// steps are the checkpoints in the order in which they were passed; it dies at
	// the one with the number last.
	steps []string
	last  int
}

func newLife(last int) *life { return &life{died: make(chan struct{}), last: last} }

func (l *life) checkpoint(step string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return
	}
	l.steps = append(l.steps, step)
	if len(l.steps) == l.last {
		l.dead = true
		close(l.died)
	}
}

func (l *life) gate() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return errDead
	}
	return nil
}

// mortal lets everything that d works with die with the life.
func (l *life) mortal(d Deps) Deps {
	d.Bus, d.Store, d.Cluster = mortalBus{d.Bus, l}, mortalStore{d.Store, l}, mortalCluster{d.Cluster, l}
	d.Checkpoint = l.checkpoint
	return d
}

type mortalBus struct {
	events.Bus
	life *life
}

func (b mortalBus) Publish(ctx context.Context, e events.Envelope) error {
	return errors.Join(b.life.gate(), ifAlive(b.life, func() error { return b.Bus.Publish(ctx, e) }))
}

// Subscribe makes handlers of the dead fail, so that nothing is acknowledged.
func (b mortalBus) Subscribe(ctx context.Context, s events.Subscription) (events.Subscribed, error) {
	handle := s.Handle
	s.Handle = func(ctx context.Context, e events.Envelope) error {
		return errors.Join(handle(ctx, e), b.life.gate())
	}
	return b.Bus.Subscribe(ctx, s)
}

type mortalStore struct {
	events.Store
	life *life
}

func (s mortalStore) KV(ctx context.Context, bucket events.Bucket) (events.KV, error) {
	kv, err := s.Store.KV(ctx, bucket)
	return mortalKV{kv, s.life}, err
}

type mortalKV struct {
	events.KV
	life *life
}

func (k mortalKV) Create(ctx context.Context, key string, value []byte) (rev uint64, err error) {
	err = ifAlive(k.life, func() error { rev, err = k.KV.Create(ctx, key, value); return err })
	return rev, err
}

func (k mortalKV) Update(ctx context.Context, key string, value []byte, was uint64) (rev uint64, err error) {
	err = ifAlive(k.life, func() error { rev, err = k.KV.Update(ctx, key, value, was); return err })
	return rev, err
}

type mortalCluster struct {
	Cluster
	life *life
}

func (c mortalCluster) Kill(ctx context.Context, v events.Victim, grace *time.Duration) error {
	return ifAlive(c.life, func() error { return c.Cluster.Kill(ctx, v, grace) })
}

func ifAlive(l *life, do func() error) error {
	if err := l.gate(); err != nil {
		return err
	}
	return do()
}

func marksOf(e Entry) []string {
	var names []string
	for _, m := range e.Marks {
		names = append(names, m.Mark)
	}
	slices.Sort(names)
	return names
}

func dump(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
