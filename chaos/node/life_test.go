package node

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

var errDead = errors.New("the process is dead")

// life is a process that can be killed: from then on nothing of it reaches the bus, the
// store or a node.
type life struct {
	mu   sync.Mutex
	dead bool
	died chan struct{}
	// steps are the checkpoints that were passed; it dies at the one with the number last.
	steps []string
	last  int
}

func newLife(last int) *life { return &life{died: make(chan struct{}), last: last} }

func (l *life) checkpoint(step string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.dead {
		l.steps = append(l.steps, step)
		if len(l.steps) == l.last {
			l.end()
		}
	}
}

func (l *life) end() {
	l.dead = true
	close(l.died)
}

// kill kills it now.
func (l *life) kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}

func (l *life) passed() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.steps)
}

func (l *life) alive(do func() error) error {
	l.mu.Lock()
	dead := l.dead
	l.mu.Unlock()
	if dead {
		return errDead
	}
	return do()
}

// mortal lets everything that d works with die with the life.
func (l *life) mortal(d chaos.Deps) chaos.Deps {
	d.Bus, d.Store, d.Checkpoint = mortalBus{d.Bus, l}, mortalStore{d.Store, l}, l.checkpoint
	kinds := make([]chaos.Kind, 0, len(d.Kinds))
	for _, k := range d.Kinds {
		kinds = append(kinds, mortalKind{k, l})
	}
	d.Kinds = kinds
	return d
}

type mortalBus struct {
	events.Bus
	life *life
}

func (b mortalBus) Publish(ctx context.Context, e events.Envelope) error {
	return b.life.alive(func() error { return b.Bus.Publish(ctx, e) })
}

func (b mortalBus) Subscribe(ctx context.Context, s events.Subscription) (events.Subscribed, error) {
	handle := s.Handle
	s.Handle = func(ctx context.Context, e events.Envelope) error {
		return errors.Join(handle(ctx, e), b.life.alive(func() error { return nil }))
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
	err = k.life.alive(func() error { rev, err = k.KV.Create(ctx, key, value); return err })
	return rev, err
}

func (k mortalKV) Update(ctx context.Context, key string, value []byte, was uint64) (rev uint64, err error) {
	err = k.life.alive(func() error { rev, err = k.KV.Update(ctx, key, value, was); return err })
	return rev, err
}

func (k mortalKV) Delete(ctx context.Context, key string, was uint64) error {
	return k.life.alive(func() error { return k.KV.Delete(ctx, key, was) })
}

type mortalKind struct {
	chaos.Kind
	life *life
}

func (k mortalKind) Inject(ctx context.Context, o chaos.Order, v events.Victim) error {
	return k.life.alive(func() error { return k.Kind.Inject(ctx, o, v) })
}

func (k mortalKind) Revert(ctx context.Context, o chaos.Order) (residue []string, err error) {
	err = k.life.alive(func() error { residue, err = k.Kind.Revert(ctx, o); return err })
	return residue, err
}
