package redis

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// copier copies the keys of one database.
type copier struct {
	*run
	pair     pair
	journal  *journal
	throttle *throttle
	total    int64
	done     atomic.Int64
	// again says that the keys were counted before.
	again bool
	// temporaries numbers the names under which big keys grow.
	temporaries *atomic.Int64
	// large lets one large payload be in memory at a time.
	large sync.Mutex
}

// vanish counts a key that is gone.
func (c *copier) vanish() {
	if !c.again {
		c.tally.vanished.Add(1)
	}
}

// drop counts keys of which the mask leaves nothing.
func (c *copier) drop(n int) {
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
	c.count(c.pair.name(), c.done.Add(int64(len(keys))), c.total, bytes)
	c.checkpoint("batch")
	return c.from.fault("wait for the throttle", c.throttle.took(ctx, bytes))
}

func (c *copier) copyKeys(ctx context.Context, keys []string) (bytes int64, err error) {
	plain, masked := c.split(keys)
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

// split parts the keys that are masked from those that are not.
func (r *run) split(keys []string) (plain, masked []string) {
	if r.job.Mask == nil {
		return keys, nil
	}
	for _, k := range keys {
		if r.job.Mask.Key(k) == nil {
			plain = append(plain, k)
		} else {
			masked = append(masked, k)
		}
	}
	return plain, masked
}

// copyPayloads copies by DUMP and RESTORE and returns the keys whose payload the
// target refuses.
func (c *copier) copyPayloads(ctx context.Context, keys []string) (bytes int64, refused []string, err error) {
	entries, err := c.pair.from.dump(ctx, keys, fatKey)
	if err != nil {
		return 0, nil, err
	}
	var put []entry
	var large []entry
	for _, e := range entries {
		switch {
		case e.gone():
			c.vanish()
		case e.size > 0:
			large = append(large, e)
		case c.tally.converts(kindOf(e.payload)):
			refused = append(refused, e.key)
		default:
			bytes += int64(len(e.payload))
			e.at = c.shift(e.at)
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
	for _, e := range large {
		n, err := c.copyLarge(ctx, e, false)
		if err != nil {
			return 0, nil, err
		}
		bytes += n
	}
	return bytes, refused, nil
}

// restore writes payloads, after the journal knows of them.
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
	return c.journal.writes(c.pair.to.number, keys)
}

// copyElements copies small keys by their elements, and masks them where it is said.
func (c *copier) copyElements(ctx context.Context, keys []string, mask bool) (bytes int64, err error) {
	if len(keys) == 0 {
		return 0, nil
	}
	entries, err := c.pair.from.contents(ctx, keys, fatKey)
	if err != nil {
		return 0, err
	}
	var put []entry
	var dropped []string
	for _, e := range entries {
		switch {
		case e.gone():
			c.vanish()
		case e.size > 0:
			n, err := c.copyLarge(ctx, e, true)
			if err != nil {
				return 0, err
			}
			bytes += n
		default:
			bytes += e.content.bytes()
			keep, err := c.prepare(&e, mask)
			if err != nil {
				return 0, err
			}
			if keep {
				put = append(put, e)
			} else {
				dropped = append(dropped, e.key)
			}
		}
	}
	c.drop(len(dropped))
	if err := c.putElements(ctx, put, dropped); err != nil {
		return 0, err
	}
	return bytes, nil
}

// prepare masks an entry and brings its expiry to the target's clock. It is false
// when nothing is left of the key.
func (c *copier) prepare(e *entry, mask bool) (keep bool, err error) {
	if mask {
		if e.content, err = c.maskContent(e.key, e.content, !c.again); err != nil {
			return false, err
		}
	}
	e.content = e.content.normal()
	e.at = c.shift(e.at)
	return len(e.content.values) > 0, nil
}

func (c *copier) putElements(ctx context.Context, put []entry, dropped []string) error {
	if err := c.writes(put); err != nil {
		return err
	}
	if err := c.pair.to.put(ctx, put); err != nil {
		return err
	}
	c.pair.copied.Add(int64(len(put)))
	if c.job.Store.Existing == datamove.ExistingMerge {
		return nil
	}
	return c.pair.to.unlink(ctx, dropped)
}

// maskContent masks the elements of a key that is masked; others stay as they are.
func (r *run) maskContent(key string, in content, counted bool) (content, error) {
	if r.job.Mask == nil {
		return in, nil
	}
	mask := r.job.Mask.Key(key)
	if mask == nil {
		return in, nil
	}
	counts := map[string]int64{}
	out, err := in.masked(mask, func(as string) { counts[as]++ })
	if err != nil {
		return content{}, events.Errorf(events.KindInternal, "see the rule for this key in the masking policy", "mask the %s %q: %w", in.kind, key, err)
	}
	if counted {
		name := pattern(key)
		for as, n := range counts {
			r.tally.notes.Mask(name, as, n)
		}
	}
	return out, nil
}
