package redis

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// errKind is a type whose elements we do not know, such as one of a module.
var errKind = errors.New("keys of this type have no elements that could be read")

// Limits of large keys.
const (
	// wholeLimit is the largest value that is masked, since it is masked as a whole.
	wholeLimit = 8 << 20
	// temporaryLife is how long an unfinished key stays after its last piece.
	temporaryLife = 10 * time.Minute
)

// Why keys are left out.
const (
	whyModule   = "their type belongs to a module, and the target refuses its format"
	whyTooLarge = "a string is masked as a whole, and these are larger than 8 MiB"
	whyElement  = "they have an element larger than 8 MiB, which has no pieces"
	whyFields   = "they have fields that expire, which are lost when a hash is copied by elements"
)

// copyLarge copies a key that is too large for a batch: in one payload below the
// size of a big key, else in pieces.
func (c *copier) copyLarge(ctx context.Context, e entry, elements bool) (bytes int64, err error) {
	c.large.Lock()
	defer c.large.Unlock()
	defer collect(e.size)
	kind, err := c.pair.from.do.Type(ctx, e.key).Result()
	if err != nil {
		return 0, c.pair.from.end.wrap("ask for the type of a key", err)
	}
	if kind == "none" {
		c.countVanished()
		return 0, nil
	}
	if kind == kindString && c.masks.masks(e.key) {
		return c.copyWhole(ctx, e)
	}
	if !elements && !c.masks.masks(e.key) && e.size < c.bigKey && !c.tally.converts(kind) {
		done, err := c.copyPayload(ctx, e.key)
		if done || err != nil {
			return e.size, err
		}
		c.tally.convert(kind)
	}
	return c.copyPieces(ctx, e.key, kind)
}

// copyPayload copies one key by DUMP and RESTORE; done is false when the target
// refuses the format.
func (c *copier) copyPayload(ctx context.Context, key string) (done bool, err error) {
	entries, err := c.pair.from.dump(ctx, []string{key}, c.bigKey)
	if err != nil {
		return false, err
	}
	e := entries[0]
	if e.gone() {
		c.countVanished()
		return true, nil
	}
	if e.size > 0 {
		return false, nil // it has grown
	}
	e.at = c.skew.shift(e.at)
	refused, err := c.restore(ctx, []entry{e})
	return len(refused) == 0, err
}

// copyWhole copies a masked string that fits into memory.
func (c *copier) copyWhole(ctx context.Context, e entry) (bytes int64, err error) {
	entries, err := c.pair.from.contents(ctx, []string{e.key}, wholeLimit)
	if err != nil {
		return 0, err
	}
	e = entries[0]
	switch {
	case e.gone():
		c.countVanished()
		return 0, nil
	case e.size > 0:
		c.tally.leave(e.key, whyTooLarge)
		return 0, nil
	}
	bytes = e.content.bytes()
	keep, err := c.prepare(&e, true)
	if err != nil {
		return 0, err
	}
	if keep {
		return bytes, c.putElements(ctx, []entry{e}, nil)
	}
	c.countDropped(1)
	return bytes, c.putElements(ctx, nil, []string{e.key})
}

// collectFrom is the size of what is thrown away at once. The collector would let
// garbage of twice the size of all that is in use come together first, and large
// values would be most of it.
const collectFrom = 4 << 20

func collect(bytes int64) {
	if bytes >= collectFrom {
		runtime.GC()
	}
}

// sweep removes what unfinished big keys of earlier tries have left.
func (r *run) sweep(ctx context.Context, past []line) error {
	byBase := map[int][]string{}
	for _, l := range past {
		if len(l.Temporary) > 0 {
			byBase[l.Database] = append(byBase[l.Database], string(l.Temporary))
		}
	}
	for number, names := range byBase {
		if err := r.to.base(number).unlink(ctx, names); err != nil {
			return err
		}
	}
	return nil
}
