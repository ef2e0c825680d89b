package redis

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
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
		return 0, c.from.fault("ask for the type of a key", err)
	}
	if kind == "none" {
		c.vanish()
		return 0, nil
	}
	if kind == kindString && c.isMasked(e.key) {
		return c.copyWhole(ctx, e)
	}
	if !elements && !c.isMasked(e.key) && e.size < c.bigKey() && !c.tally.converts(kind) {
		done, err := c.copyPayload(ctx, e.key)
		if done || err != nil {
			return e.size, err
		}
		c.tally.convert(kind)
	}
	return c.copyPieces(ctx, e.key, kind)
}

func (r *run) isMasked(key string) bool { return r.job.Mask != nil && r.job.Mask.Key(key) != nil }

// copyPayload copies one key by DUMP and RESTORE; done is false when the target
// refuses the format.
func (c *copier) copyPayload(ctx context.Context, key string) (done bool, err error) {
	entries, err := c.pair.from.dump(ctx, []string{key}, c.bigKey())
	if err != nil {
		return false, err
	}
	e := entries[0]
	if e.gone() {
		c.vanish()
		return true, nil
	}
	if e.size > 0 {
		return false, nil // it has grown
	}
	e.at = c.shift(e.at)
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
		c.vanish()
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
	c.drop(1)
	return bytes, c.putElements(ctx, nil, []string{e.key})
}

// copyPieces lets the key grow under another name and then puts it in place.
func (c *copier) copyPieces(ctx context.Context, key, kind string) (bytes int64, err error) {
	if why, err := c.unfit(ctx, key, kind); err != nil || why != "" {
		if why != "" {
			c.tally.leave(key, why)
		}
		return 0, err
	}
	to := c.pair.to
	name := temporary(c.job.ID, c.temporaries.Add(1), key, to.isCluster())
	if err := c.journal.did(line{Step: "grow", Temporary: []byte(name), Database: to.number}); err != nil {
		return 0, err
	}
	if err := to.unlink(ctx, []string{name}); err != nil {
		return 0, err
	}
	bytes, written, err := c.grow(ctx, key, kind, name)
	if err != nil && strings.HasPrefix(err.Error(), "WRONGTYPE") {
		return bytes, to.unlink(ctx, []string{name}) // it has become another; the comparison finds it
	}
	if errors.Is(err, errElement) {
		c.tally.leave(key, whyElement)
		return bytes, to.unlink(ctx, []string{name})
	}
	if err == nil {
		err = c.place(ctx, name, key, written)
	}
	if err != nil {
		c.discard(ctx, name)
		return bytes, c.from.fault(fmt.Sprintf("copy the %s %q in pieces", kind, key), err)
	}
	return bytes, nil
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
		masked, err := c.maskWindow(key, w, !c.again)
		if err != nil {
			return err
		}
		if len(masked.values) == 0 && len(masked.ids) == 0 {
			return nil
		}
		written = true
		if err := c.pair.to.append(ctx, name, masked, c.isMasked(key)); err != nil {
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

// collectFrom is the size of what is thrown away at once. The collector would let
// garbage of twice the size of all that is in use come together first, and large
// values would be most of it.
const collectFrom = 4 << 20

func collect(bytes int64) {
	if bytes >= collectFrom {
		runtime.GC()
	}
}

// unfit says why a key cannot be copied by elements, "" when it can.
func (c *copier) unfit(ctx context.Context, key, kind string) (why string, err error) {
	switch kind {
	case kindString, kindList, kindSet, kindZset, kindStream:
		return "", nil
	case kindHash:
		expire, err := c.pair.from.fieldsExpire(ctx, key)
		if expire {
			why = whyFields
		}
		return why, err
	}
	return whyModule, nil
}

// fieldsExpire says whether fields of a hash have an expiry of their own (Redis 7.4).
func (b *base) fieldsExpire(ctx context.Context, key string) (bool, error) {
	if !b.side.server.expiresFields() {
		return false, nil
	}
	found := false
	err := b.walkScan(ctx, key, kindHash, func(w window) error {
		times, err := b.fieldTimes(ctx, key, w)
		for _, at := range times {
			found = found || at >= 0
		}
		return err
	})
	return found, b.side.fault("ask for the expiry of fields (HPEXPIRETIME)", err)
}

// fieldTimes are the expiries of the fields of a window, below 0 where there is none;
// nil from a server that knows none.
func (b *base) fieldTimes(ctx context.Context, key string, w window) ([]int64, error) {
	if !b.side.server.expiresFields() || len(w.values) == 0 {
		return nil, nil
	}
	args := []any{"hpexpiretime", key, "fields", len(w.values) / 2}
	for i := 0; i < len(w.values); i += 2 {
		args = append(args, w.values[i])
	}
	times, err := b.do.Do(ctx, args...).Int64Slice()
	if errors.Is(err, goredis.Nil) {
		return nil, nil // the key is gone
	}
	return times, err
}

// append adds a window to a growing key, which expires when nobody goes on with it:
// both or nothing is done when the line is cut.
func (b *base) append(ctx context.Context, name string, w window, greatest bool) error {
	p := b.do.TxPipeline()
	for _, command := range w.commands(name) {
		if w.kind == kindZset && greatest && b.side.server.atLeast(6, 2) {
			// Members that have become the same by masking keep the highest score.
			command = append([]any{command[0], command[1], "gt"}, command[2:]...)
		}
		p.Do(ctx, command...)
	}
	p.PExpire(ctx, name, temporaryLife)
	_, err := p.Exec(ctx)
	return b.side.fault("write a big key", err)
}

// place gives the grown key its expiry and its name, both at one moment.
func (c *copier) place(ctx context.Context, name, key string, written bool) error {
	to := c.pair.to
	if !written {
		c.drop(1)
		return c.putElements(ctx, nil, []string{key})
	}
	entries, err := c.pair.from.dump(ctx, []string{key}, 0)
	if err != nil {
		return err
	}
	if entries[0].gone() {
		c.vanish()
		return to.unlink(ctx, []string{name})
	}
	if err := c.writes([]entry{{key: key}}); err != nil {
		return err
	}
	_, err = to.do.TxPipelined(ctx, func(p goredis.Pipeliner) error {
		if at := c.shift(entries[0].at); at == noExpiry {
			p.Persist(ctx, name)
		} else {
			p.Do(ctx, "pexpireat", name, max(1, at))
		}
		p.Rename(ctx, name, key)
		return nil
	})
	if err != nil && err.Error() == "ERR no such key" {
		c.vanish() // its expiry has passed
		return nil
	}
	c.pair.copied.Add(1)
	return to.side.fault("put a big key in place (RENAME)", err)
}

// maskWindow masks the elements of a piece.
func (r *run) maskWindow(key string, w window, counted bool) (window, error) {
	if !r.isMasked(key) {
		return w, nil
	}
	if w.kind != kindStream {
		masked, err := r.maskContent(key, w.content, counted)
		w.content = masked
		return w, err
	}
	fields := make([][]string, len(w.fields))
	for i, f := range w.fields {
		// The fields of an entry are masked as those of a hash; one without fields
		// cannot be, so its first stays, without a value.
		masked, err := r.maskContent(key, content{kind: kindHash, values: f}, counted)
		if err != nil {
			return window{}, err
		}
		if fields[i] = masked.values; len(fields[i]) == 0 && len(f) > 0 {
			fields[i] = []string{f[0], ""}
		}
	}
	w.fields = fields
	return w, nil
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
