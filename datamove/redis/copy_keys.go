package redis

import (
	"context"
	"sync"

	"github.com/shakedown-dev/shakedown/datamove/outcome"
)

// copier copies the keys of one database.
type copier struct {
	pair     pair
	masks    masking
	skew     skew
	journal  *journal
	throttle *throttle
	tally    *tally
	observer *outcome.Observer
	// total is how many keys there are, about.
	total int64
	// merges says that what the target has stays.
	merges bool
	// bigKey is the size from which a key is copied in pieces.
	bigKey      int64
	temporaries *temporaries
	// again says that the keys were counted before.
	again bool
	// large lets one large payload be in memory at a time.
	large sync.Mutex
}

// countVanished counts a key that is gone.
func (c *copier) countVanished() {
	if !c.again {
		c.tally.vanished.Add(1)
	}
}

// countDropped counts keys of which the mask leaves nothing.
func (c *copier) countDropped(n int) {
	if !c.again {
		c.tally.dropped.Add(int64(n))
	}
}

// batch copies some keys.
func (c *copier) batch(ctx context.Context, keys []string) error {
	bytes, err := c.copyKeys(ctx, keys)
	if err != nil {
		return err
	}
	c.tally.bytes.Add(bytes)
	c.observer.Add(c.pair.name(), int64(len(keys)), c.total, bytes)
	c.observer.Reached("batch")
	return c.pair.from.end.wrap("wait for the throttle", c.throttle.took(ctx, bytes))
}

func (c *copier) copyKeys(ctx context.Context, keys []string) (bytes int64, err error) {
	plain, masked := c.masks.split(keys)
	var elements []string
	if len(plain) > 0 {
		n, refused, err := c.copyPayloads(ctx, plain)
		if err != nil {
			return 0, err
		}
		bytes, elements = n, refused
	}
	n, err := c.copyElements(ctx, elements, false)
	if err != nil {
		return 0, err
	}
	m, err := c.copyElements(ctx, masked, true)
	return bytes + n + m, err
}

// copyPayloads copies by DUMP and RESTORE and returns the keys whose payload the
// target refuses.
func (c *copier) copyPayloads(ctx context.Context, keys []string) (bytes int64, refused []string, err error) {
	entries, err := c.pair.from.dump(ctx, keys, fatKey)
	if err != nil {
		return 0, nil, err
	}
	var put, large []entry
	for _, e := range entries {
		switch {
		case e.gone():
			c.countVanished()
		case e.size > 0:
			large = append(large, e)
		case c.tally.converts(kindOf(e.payload)):
			refused = append(refused, e.key)
		default:
			bytes += int64(len(e.payload))
			e.at = c.skew.shift(e.at)
			put = append(put, e)
		}
	}
	again, err := c.restore(ctx, put)
	if err != nil {
		return 0, nil, err
	}
	for _, e := range again {
		c.tally.convert(kindOf(e.payload))
		refused = append(refused, e.key)
	}
	n, err := c.copyLarges(ctx, large)
	return bytes + n, refused, err
}

func (c *copier) copyLarges(ctx context.Context, entries []entry) (bytes int64, err error) {
	for _, e := range entries {
		n, err := c.copyLarge(ctx, e, false)
		if err != nil {
			return 0, err
		}
		bytes += n
	}
	return bytes, nil
}

// restore writes payloads, after the journal has their keys.
func (c *copier) restore(ctx context.Context, put []entry) (refused []entry, err error) {
	if err := c.writes(put); err != nil {
		return nil, err
	}
	refused, err = c.pair.to.restore(ctx, put)
	c.pair.copied.Add(int64(len(put) - len(refused)))
	return refused, err
}

func (c *copier) writes(put []entry) error {
	keys := make([]string, len(put))
	for i, e := range put {
		keys[i] = e.key
	}
	return c.journal.keys.add(c.pair.to.number, keys)
}
