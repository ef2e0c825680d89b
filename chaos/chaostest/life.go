package chaostest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// ErrDead is what everything answers that a dead process asks for.
var ErrDead = errors.New("the process is dead")

// Life is a process that can die: from then on nothing of it reaches the bus,
// the store or a victim.
type Life struct {
	// Died is closed when it dies.
	Died chan struct{}
	mu   sync.Mutex
	dead bool
	// steps are the checkpoints in the order in which they were passed; it dies at
	// the one with the number last.
	steps []string
	last  int
}

// NewLife dies at the checkpoint of that number; the life 0 goes on.
func NewLife(last int) *Life { return &Life{Died: make(chan struct{}), last: last} }

// Steps are the checkpoints so far.
func (l *Life) Steps() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.steps)
}

func (l *Life) checkpoint(step string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return
	}
	l.steps = append(l.steps, step)
	if len(l.steps) == l.last {
		l.end()
	}
}

func (l *Life) end() {
	l.dead = true
	close(l.Died)
}

// Kill ends it now.
func (l *Life) Kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}

func (l *Life) gate() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return ErrDead
	}
	return nil
}

// Mortal lets everything that d works with die with the life.
func (l *Life) Mortal(d chaos.Deps) chaos.Deps {
	d.Bus, d.Store = mortalBus{d.Bus, l}, mortalStore{d.Store, l}
	d.Kinds = slices.Clone(d.Kinds)
	for i, k := range d.Kinds {
		d.Kinds[i] = mortalKind{k, l}
	}
	d.Checkpoint = l.checkpoint
	return d
}

type mortalBus struct {
	events.Bus
	life *Life
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
	life *Life
}

func (s mortalStore) KV(ctx context.Context, bucket events.Bucket) (events.KV, error) {
	kv, err := s.Store.KV(ctx, bucket)
	return mortalKV{kv, s.life}, err
}

type mortalKV struct {
	events.KV
	life *Life
}

func (k mortalKV) Create(ctx context.Context, key string, value []byte) (rev uint64, err error) {
	err = ifAlive(k.life, func() error { rev, err = k.KV.Create(ctx, key, value); return err })
	return rev, err
}

func (k mortalKV) Update(ctx context.Context, key string, value []byte, was uint64) (rev uint64, err error) {
	err = ifAlive(k.life, func() error { rev, err = k.KV.Update(ctx, key, value, was); return err })
	return rev, err
}

func (k mortalKV) Delete(ctx context.Context, key string, was uint64) error {
	return ifAlive(k.life, func() error { return k.KV.Delete(ctx, key, was) })
}

type mortalKind struct {
	chaos.Kind
	life *Life
}

func (k mortalKind) Inject(ctx context.Context, o chaos.Order, v events.Victim) error {
	return ifAlive(k.life, func() error { return k.Kind.Inject(ctx, o, v) })
}

func (k mortalKind) Revert(ctx context.Context, o chaos.Order) (residue []string, err error) {
	err = ifAlive(k.life, func() error { residue, err = k.Kind.Revert(ctx, o); return err })
	return residue, err
}

func ifAlive(l *Life, do func() error) error {
	if err := l.gate(); err != nil {
		return err
	}
	return do()
}
