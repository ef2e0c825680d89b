package redis

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
)

// The ways in which a key differs, as the report has them.
const (
	missing = "missing"
	extra   = "extra"
	changed = "changed"
)

// Limits of the keys that differ and are kept by name.
const (
	maxSuspects     = 100_000
	maxSuspectBytes = 16 << 20 // of their names
)

// suspect is a key that was not the same on both sides when it was looked at.
type suspect struct {
	key, what, detail string
}

// comparer compares the keys of one database.
type comparer struct {
	*run
	pair  pair
	total int64
	done  atomic.Int64
	large sync.Mutex

	mu       sync.Mutex
	sums     sums
	suspects []suspect
	// kept are the bytes of their names.
	kept int
	// more counts suspects that are not kept.
	more int64
}

// look is what a comparison of one batch has found.
type look struct {
	sums     sums
	suspects []suspect
}

func newLook() *look { return &look{sums: sums{}} }

// batch compares keys and keeps what it finds.
func (c *comparer) batch(ctx context.Context, keys []string) error {
	l, err := c.compare(ctx, keys, false)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sums.merge(l.sums)
	c.suspect(l.suspects...)
	c.count(c.pair.name(), c.done.Add(int64(len(keys))), c.total, 0)
	return nil
}

func (c *comparer) suspect(found ...suspect) {
	for _, s := range found {
		if len(c.suspects) >= maxSuspects || c.kept >= maxSuspectBytes {
			c.more++
			continue
		}
		c.suspects, c.kept = append(c.suspects, s), c.kept+len(s.key)
	}
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
		case c.job.Store.Existing == datamove.ExistingMerge:
			c.tally.kept.Add(1)
		default:
			c.suspect(suspect{k, extra, ""})
		}
	}
	return nil
}

// compare looks at keys on both sides. Final also counts those that differ; else
// they are only suspects and are looked at again.
func (c *comparer) compare(ctx context.Context, keys []string, final bool) (*look, error) {
	l := newLook()
	plain, elements := c.split(keys)
	if len(plain) > 0 {
		unclear, err := c.comparePayloads(ctx, l, plain, final)
		if err != nil {
			return nil, err
		}
		elements = append(elements, unclear...)
	}
	if len(elements) == 0 {
		return l, nil
	}
	return l, c.compareElements(ctx, l, elements, final)
}

// both reads the same keys on both sides at once.
func (c *comparer) both(read func(b *base) ([]entry, error)) (from, to []entry, err error) {
	var wg sync.WaitGroup
	var toErr error
	wg.Go(func() { to, toErr = read(c.pair.to) })
	from, err = read(c.pair.from)
	wg.Wait()
	if err == nil {
		err = toErr
	}
	return from, to, err
}

// comparePayloads returns the keys whose payloads do not tell: encodings differ, or
// they are too large.
func (c *comparer) comparePayloads(ctx context.Context, l *look, keys []string, final bool) (unclear []string, err error) {
	from, to, err := c.both(func(b *base) ([]entry, error) { return b.dump(ctx, keys, fatKey) })
	if err != nil {
		return nil, err
	}
	for i, a := range from {
		b := to[i]
		if a.gone() || b.gone() {
			c.absent(l, a, b, final)
			continue
		}
		x, isX := body(a.payload)
		y, isY := body(b.payload)
		if !isX || !isY || x != y {
			unclear = append(unclear, a.key)
			continue
		}
		d := digest(sha256.Sum256([]byte(x)))
		c.judge(l, a, b, verdict{kind: kindOf(x), from: d, to: d, fromBytes: int64(len(x)), toBytes: int64(len(x))}, final)
	}
	return unclear, nil
}

// verdict is what two contents are.
type verdict struct {
	kind               string
	from, to           digest
	fromBytes, toBytes int64
	detail             string
}

// judge counts a key that is the same and suspects one that is not.
func (c *comparer) judge(l *look, a, b entry, v verdict, final bool) {
	late := c.expiryDiffers(a.at, b.at)
	same := v.from == v.to
	switch {
	case same && (late == "" || final):
		l.sums.countBoth(a.key, v.kind, v.from, v.fromBytes, v.toBytes)
	case final:
		l.sums.count(source, a.key, v.kind, v.from, v.fromBytes)
		l.sums.count(target, a.key, v.kind, v.to, v.toBytes)
	}
	switch {
	case !same && v.detail != "":
		l.suspects = append(l.suspects, suspect{a.key, changed, v.detail})
	case !same:
		l.suspects = append(l.suspects, suspect{a.key, changed, "the " + v.kind})
	case late != "":
		l.suspects = append(l.suspects, suspect{a.key, changed, late})
	}
}

// absent judges a key that is not on both sides.
func (c *comparer) absent(l *look, a, b entry, final bool) {
	switch {
	case !a.gone():
		l.suspects = append(l.suspects, suspect{a.key, missing, ""})
		if final {
			l.sums.count(source, a.key, kindAbsent(a), digest{1}, 0)
		}
	case !b.gone():
		l.suspects = append(l.suspects, suspect{b.key, extra, ""})
		if final {
			l.sums.count(target, b.key, kindAbsent(b), digest{2}, 0)
		}
	}
}

// kindAbsent is the type of a key that is on one side only.
func kindAbsent(e entry) string {
	switch {
	case e.content.kind != "":
		return e.content.kind
	case e.payload != "":
		return kindOf(e.payload)
	}
	return kindOther
}

// expiryDiffers says how, "" for not.
func (c *comparer) expiryDiffers(from, to int64) string {
	want := c.shift(from)
	switch {
	case from == noExpiry && to == noExpiry:
		return ""
	case from == noExpiry:
		return "expiry: only the target's expires"
	case to == noExpiry:
		return "expiry: only the source's expires"
	}
	if d := time.Duration(to-want) * time.Millisecond; d.Abs() > ttlTolerance {
		return fmt.Sprintf("expiry: %s from the source's", d)
	}
	return ""
}

// compareElements compares contents, masked as the copy masks them.
func (c *comparer) compareElements(ctx context.Context, l *look, keys []string, final bool) error {
	from, to, err := c.both(func(b *base) ([]entry, error) { return b.contents(ctx, keys, fatKey) })
	if err != nil {
		return err
	}
	for i, a := range from {
		b := to[i]
		switch {
		case !a.gone() && a.size == 0 && (b.gone() || b.size == 0):
			err = c.compareSmall(l, a, b, final)
		case a.gone() || b.gone():
			err = c.compareAbsent(ctx, l, a, b, final)
		default:
			err = c.compareLarge(ctx, l, a, b, final)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compareAbsent judges a key that one side lacks: rightly, when the mask leaves
// nothing of it.
func (c *comparer) compareAbsent(ctx context.Context, l *look, a, b entry, final bool) error {
	if !a.gone() && c.isMasked(a.key) {
		left, err := c.leavesSomething(ctx, a)
		if err != nil || !left {
			return err
		}
	}
	c.absent(l, a, b, final)
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
		masked, err := c.maskContent(a.key, whole[0].content, false)
		return len(masked.values) > 0, err
	}
	err := c.pair.from.walk(ctx, a.key, a.content.kind, func(w window) error {
		masked, err := c.maskWindow(a.key, w, false)
		left = left || len(masked.values) > 0
		return err
	})
	return left, c.from.fault("read a big key", err)
}

// compareSmall compares what was read whole. A key of which the mask leaves nothing
// must not be in the target.
func (c *comparer) compareSmall(l *look, a, b entry, final bool) error {
	want, err := c.maskContent(a.key, a.content, false)
	if err != nil {
		return err
	}
	want = want.normal()
	switch {
	case len(want.values) == 0 && (b.gone() || c.job.Store.Existing == datamove.ExistingMerge):
		return nil // what the target has under this name is its own
	case len(want.values) == 0:
		a.at = noKey
		c.absent(l, a, b, final)
		return nil
	case b.gone():
		c.absent(l, a, b, final)
		return nil
	}
	got := b.content.normal()
	c.judge(l, a, b, verdict{
		kind: want.kind, from: want.digest(), to: got.digest(), fromBytes: want.bytes(), toBytes: got.bytes(),
	}, final)
	return nil
}
