package redis

import (
	"context"
	"hash/maphash"
	"sync"
)

// names adds up the names of keys, in whatever order they come. Two such sums are
// the same for the same names only: 128 bits under seeds that nobody knows before.
type names struct {
	seeds [2]maphash.Seed

	mu  sync.Mutex
	sum [2]nameSum // of the source and the target
}

type nameSum struct {
	count     int64
	low, high uint64
}

func newNames() *names { return &names{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}} }

func (n *names) add(side int, keys []string) {
	s := nameSum{count: int64(len(keys))}
	for _, k := range keys {
		s.low += maphash.String(n.seeds[0], k)
		s.high += maphash.String(n.seeds[1], k)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	all := &n.sum[side]
	all.count, all.low, all.high = all.count+s.count, all.low+s.low, all.high+s.high
}

// same says whether both sides have the same names. A name that SCAN has given
// twice on one side makes it false.
func (n *names) same() bool { return n.sum[source] == n.sum[target] }

// all compares every key of the source with the target's, lists the names of the
// target meanwhile, and finds those that only the target has.
func (c *comparer) all(ctx context.Context) error {
	listed, err := c.compareListed(ctx)
	if err != nil || listed.same() {
		return err
	}
	// Asking for each of them shows which, at the same moment.
	return c.scanner.each(ctx, c.pair.to, c.extras)
}

// compareListed compares the keys that the source lists, and returns the names that
// both list.
func (c *comparer) compareListed(ctx context.Context) (*names, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	listed := newNames()
	var wg sync.WaitGroup
	wg.Go(func() {
		err := c.scanner.each(ctx, c.pair.to, func(_ context.Context, keys []string) error {
			listed.add(target, keys)
			return nil
		})
		if err != nil {
			cancel(err)
		}
	})
	err := c.scanner.each(ctx, c.pair.from, func(ctx context.Context, keys []string) error {
		listed.add(source, keys)
		return c.batch(ctx, keys)
	})
	if err != nil {
		cancel(err)
	}
	wg.Wait()
	return listed, context.Cause(ctx)
}
