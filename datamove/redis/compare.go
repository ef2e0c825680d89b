package redis

import (
	"context"
	"crypto/sha256"
	"sync"

	"github.com/shakedown-dev/shakedown/datamove/outcome"
)

// comparer compares the keys of one database.
type comparer struct {
	pair     pair
	masks    masking
	skew     skew
	scanner  scanner
	tally    *tally
	observer *outcome.Observer
	// total is how many keys there are, about.
	total int64
	// merges says that what only the target has stays.
	merges bool
	bigKey int64
	// large lets one large key be compared at a time.
	large sync.Mutex

	mu       sync.Mutex
	sums     sums
	suspects suspects
}

// batch compares keys and keeps what it finds.
func (c *comparer) batch(ctx context.Context, keys []string) error {
	found, err := c.compare(ctx, keys, false)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.sums.merge(found.sums)
	c.suspects.add(found.suspects...)
	c.mu.Unlock()
	c.observer.Add(c.pair.name(), int64(len(keys)), c.total, 0)
	return nil
}

// extras notes keys of the target that the source has not; a merge keeps them.
func (c *comparer) extras(ctx context.Context, keys []string) error {
	there, err := c.pair.from.exist(ctx, keys)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, k := range keys {
		switch {
		case there[i]:
		case c.merges:
			c.tally.kept.Add(1)
		default:
			c.suspects.add(suspect{k, extra, ""})
		}
	}
	return nil
}

// compare compares keys on both sides.
func (c *comparer) compare(ctx context.Context, keys []string, final bool) (*comparison, error) {
	found := &comparison{sums: sums{}, final: final}
	plain, elements := c.masks.split(keys)
	if len(plain) > 0 {
		unclear, err := c.comparePayloads(ctx, found, plain)
		if err != nil {
			return nil, err
		}
		elements = append(elements, unclear...)
	}
	if len(elements) == 0 {
		return found, nil
	}
	return found, c.compareElements(ctx, found, elements)
}

// both reads the same keys on both sides at once.
func (p pair) both(read func(b *base) ([]entry, error)) (from, to []entry, err error) {
	var wg sync.WaitGroup
	var toErr error
	wg.Go(func() { to, toErr = read(p.to) })
	from, err = read(p.from)
	wg.Wait()
	if err == nil {
		err = toErr
	}
	return from, to, err
}

// comparePayloads returns the keys whose payloads do not decide it: encodings differ, or
// they are too large.
func (c *comparer) comparePayloads(ctx context.Context, found *comparison, keys []string) (unclear []string, err error) {
	from, to, err := c.pair.both(func(b *base) ([]entry, error) { return b.dump(ctx, keys, fatKey) })
	if err != nil {
		return nil, err
	}
	for i, a := range from {
		b := to[i]
		if a.gone() || b.gone() {
			found.recordAbsent(a, b)
			continue
		}
		x, isX := body(a.payload)
		y, isY := body(b.payload)
		if !isX || !isY || x != y {
			unclear = append(unclear, a.key)
			continue
		}
		d := digest(sha256.Sum256([]byte(x)))
		found.record(a.key, compared{kind: kindOf(x), from: d, to: d, fromBytes: int64(len(x)), toBytes: int64(len(x))}, c.skew.differs(a.at, b.at))
	}
	return unclear, nil
}

// compareElements compares contents, masked as the copy masks them.
func (c *comparer) compareElements(ctx context.Context, found *comparison, keys []string) error {
	from, to, err := c.pair.both(func(b *base) ([]entry, error) { return b.contents(ctx, keys, fatKey) })
	if err != nil {
		return err
	}
	for i, a := range from {
		b := to[i]
		switch {
		case !a.gone() && a.size == 0 && (b.gone() || b.size == 0):
			err = c.compareSmall(found, a, b)
		case a.gone() || b.gone():
			err = c.compareAbsent(ctx, found, a, b)
		default:
			err = c.compareLarge(ctx, found, a, b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compareAbsent is for a key that one side lacks: rightly, when the mask leaves
// nothing of it.
func (c *comparer) compareAbsent(ctx context.Context, found *comparison, a, b entry) error {
	if !a.gone() && c.masks.masks(a.key) {
		left, err := c.leavesSomething(ctx, a)
		if err != nil || !left {
			return err
		}
	}
	found.recordAbsent(a, b)
	return nil
}

// leavesSomething says whether the mask leaves something of a large key.
func (c *comparer) leavesSomething(ctx context.Context, a entry) (bool, error) {
	if a.content.kind == kindStream {
		return true, nil
	}
	left := false
	if a.content.kind == kindString {
		whole, err := c.pair.from.contents(ctx, []string{a.key}, wholeLimit)
		if err != nil || whole[0].size > 0 || whole[0].gone() {
			return true, err
		}
		masked, err := c.masks.content(a.key, whole[0].content, false)
		return len(masked.values) > 0, err
	}
	err := c.pair.from.walk(ctx, a.key, a.content.kind, func(w window) error {
		masked, err := c.masks.window(a.key, w, false)
		left = left || len(masked.values) > 0
		return err
	})
	return left, c.pair.from.end.wrap("read a big key", err)
}

// compareSmall compares what was read whole. A key of which the mask leaves nothing
// must not be in the target.
func (c *comparer) compareSmall(found *comparison, a, b entry) error {
	want, err := c.masks.content(a.key, a.content, false)
	if err != nil {
		return err
	}
	want = want.normal()
	switch {
	case len(want.values) == 0 && (b.gone() || c.merges):
		return nil // what the target has under this name is its own
	case len(want.values) == 0:
		a.at = noKey
		found.recordAbsent(a, b)
		return nil
	case b.gone():
		found.recordAbsent(a, b)
		return nil
	}
	got := b.content.normal()
	found.record(a.key, compared{
		kind: want.kind, from: want.digest(), to: got.digest(), fromBytes: want.bytes(), toBytes: got.bytes(),
	}, c.skew.differs(a.at, b.at))
	return nil
}
