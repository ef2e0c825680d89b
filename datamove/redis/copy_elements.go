package redis

import "context"

// copyElements copies small keys by their elements, and masks those of masked keys.
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
			c.countVanished()
			continue
		case e.size > 0:
			n, err := c.copyLarge(ctx, e, true)
			if err != nil {
				return 0, err
			}
			bytes += n
			continue
		}
		bytes += e.content.bytes()
		keep, err := c.prepare(&e, mask)
		switch {
		case err != nil:
			return 0, err
		case keep:
			put = append(put, e)
		default:
			dropped = append(dropped, e.key)
		}
	}
	c.countDropped(len(dropped))
	return bytes, c.putElements(ctx, put, dropped)
}

// prepare masks an entry and brings its expiry to the target's clock. It is false
// when nothing is left of the key.
func (c *copier) prepare(e *entry, mask bool) (keep bool, err error) {
	if mask {
		if e.content, err = c.masks.content(e.key, e.content, !c.again); err != nil {
			return false, err
		}
	}
	e.content = e.content.normal()
	e.at = c.skew.shift(e.at)
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
	if c.merges {
		return nil
	}
	return c.pair.to.unlink(ctx, dropped)
}
