package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// copyPieces lets the key grow under another name and then puts it in place.
func (c *copier) copyPieces(ctx context.Context, key, kind string) (bytes int64, err error) {
	if why, err := c.unfit(ctx, key, kind); err != nil || why != "" {
		if why != "" {
			c.tally.leave(key, why)
		}
		return 0, err
	}
	name, err := c.temporary(ctx, key)
	if err != nil {
		return 0, err
	}
	bytes, written, err := c.grow(ctx, key, kind, name)
	switch {
	case err != nil && strings.HasPrefix(err.Error(), "WRONGTYPE"):
		return bytes, c.pair.to.unlink(ctx, []string{name}) // it has become another; the comparison finds it
	case errors.Is(err, errElement):
		c.tally.leave(key, whyElement)
		return bytes, c.pair.to.unlink(ctx, []string{name})
	case err == nil:
		err = c.place(ctx, name, key, written)
	}
	if err != nil {
		c.discard(ctx, name)
		return bytes, c.pair.from.end.wrap(fmt.Sprintf("copy the %s %q in pieces", kind, key), err)
	}
	return bytes, nil
}

// temporary is a name under which nothing is in the target, and that the journal has.
func (c *copier) temporary(ctx context.Context, key string) (name string, err error) {
	to := c.pair.to
	name = c.temporaries.next(key, to.isCluster())
	if err := c.journal.did(line{Step: "grow", Temporary: []byte(name), Database: to.number}); err != nil {
		return "", err
	}
	return name, to.unlink(ctx, []string{name})
}

// discardTimeout bounds the removal of what an interrupted copy has begun.
const discardTimeout = 2 * time.Second

// discard removes an unfinished key. If that cannot be, it expires by itself.
func (c *copier) discard(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTimeout)
	defer cancel()
	_ = c.pair.to.unlink(ctx, []string{name}) // see above
}

// grow writes a key under another name; written is false when the mask leaves
// nothing of it.
func (c *copier) grow(ctx context.Context, key, kind, name string) (bytes int64, written bool, err error) {
	err = c.pair.from.walk(ctx, key, kind, func(w window) error {
		bytes += w.size()
		masked, err := c.masks.window(key, w, !c.again)
		if err != nil {
			return err
		}
		if len(masked.values) == 0 && len(masked.ids) == 0 {
			return nil
		}
		written = true
		if err := c.pair.to.append(ctx, name, masked, c.masks.masks(key)); err != nil {
			return err
		}
		collect(w.size())
		return c.throttle.took(ctx, w.size())
	})
	if err != nil || kind != kindStream {
		return bytes, written, err
	}
	return bytes, true, c.copyGroups(ctx, key, name)
}

// append adds a window to a growing key, which expires when nobody goes on with it:
// both or nothing is done when the connection is lost.
func (b *base) append(ctx context.Context, name string, w window, greatest bool) error {
	p := b.do.TxPipeline()
	for _, command := range w.commands(name) {
		if w.kind == kindZset && greatest && b.end.server.atLeast(6, 2) {
			// Members that have become the same by masking keep the highest score.
			command = append([]any{command[0], command[1], "gt"}, command[2:]...)
		}
		p.Do(ctx, command...)
	}
	p.PExpire(ctx, name, temporaryLife)
	_, err := p.Exec(ctx)
	return b.end.wrap("write a big key", err)
}

// place gives the grown key its expiry and its name, both at one moment.
func (c *copier) place(ctx context.Context, name, key string, written bool) error {
	if !written {
		c.countDropped(1)
		return c.putElements(ctx, nil, []string{key})
	}
	entries, err := c.pair.from.dump(ctx, []string{key}, 0)
	if err != nil {
		return err
	}
	if entries[0].gone() {
		c.countVanished()
		return c.pair.to.unlink(ctx, []string{name})
	}
	if err := c.writes([]entry{{key: key}}); err != nil {
		return err
	}
	err = c.pair.to.rename(ctx, name, key, c.skew.shift(entries[0].at))
	if err != nil && err.Error() == "ERR no such key" {
		c.countVanished() // its expiry has passed
		return nil
	}
	c.pair.copied.Add(1)
	return c.pair.to.end.wrap("put a big key in place (RENAME)", err)
}

// rename gives a key another name and an expiry.
func (b *base) rename(ctx context.Context, from, to string, at int64) error {
	_, err := b.do.TxPipelined(ctx, func(p goredis.Pipeliner) error {
		if at == noExpiry {
			p.Persist(ctx, from)
		} else {
			p.Do(ctx, "pexpireat", from, max(1, at))
		}
		p.Rename(ctx, from, to)
		return nil
	})
	return err
}
