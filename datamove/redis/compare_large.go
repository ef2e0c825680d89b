package redis

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove/checksum"
)

// compareLarge compares a key in pieces: each piece of the source with the same
// elements of the target, and then how many there are.
func (c *comparer) compareLarge(ctx context.Context, found *comparison, a, b entry) error {
	c.large.Lock()
	defer c.large.Unlock()
	kind, expiry := a.content.kind, c.skew.differs(a.at, b.at)
	if kind != b.content.kind {
		found.record(a.key, compared{kind: kind, to: digest{1}, detail: "the type: " + b.content.kind + " in the target"}, expiry)
		return nil
	}
	p := c.pieces(a.key, kind)
	v, err := p.compare(ctx)
	switch {
	case errors.Is(err, errElement):
		v, err = c.pieces(a.key, kind).entire(ctx)
	case errors.Is(err, errKind):
		v, err = p.payloads(ctx)
	case err != nil && strings.HasPrefix(err.Error(), "WRONGTYPE"):
		v, err = compared{kind: kind, to: digest{1}, detail: "the type changed"}, nil
	}
	if err != nil {
		return c.pair.from.end.wrap(fmt.Sprintf("compare the %s %q in pieces", kind, a.key), err)
	}
	found.record(a.key, v, expiry)
	return nil
}

// pieces compares one key.
type pieces struct {
	pair      pair
	masks     masking
	skew      skew
	bigKey    int64
	key, kind string

	from, to         checksum.Sum
	expected         int64
	masked           []uint64 // members after masking, when some may have become the same
	detail           string
	fromSize, toSize int64
}

func (c *comparer) pieces(key, kind string) *pieces {
	return &pieces{pair: c.pair, masks: c.masks, skew: c.skew, bigKey: c.bigKey, key: key, kind: kind}
}

// element adds one element of both sides to the sums; elements of a hash come in
// any order, so order is part of what is summed where it matters.
func (p *pieces) element(want, got []string) {
	p.from.Add(elementSum(want))
	p.to.Add(elementSum(got))
	p.fromSize += content{values: want}.bytes()
	p.toSize += content{values: got}.bytes()
}

func elementSum(texts []string) checksum.Sum {
	h := sha256.New()
	write(h, texts...)
	var full [sha256.Size]byte
	h.Sum(full[:0])
	return checksum.Sum{Items: 1, Low: binary.LittleEndian.Uint64(full[:]), High: binary.LittleEndian.Uint64(full[8:])}
}

func (p *pieces) compare(ctx context.Context) (compared, error) {
	if p.kind == kindString && p.masks.masks(p.key) {
		return p.whole(ctx)
	}
	err := p.pair.from.walk(ctx, p.key, p.kind, func(w window) error {
		want, err := p.masks.window(p.key, w, false)
		if err != nil {
			return err
		}
		got, err := p.pair.to.same(ctx, p.key, want)
		if err != nil {
			return err
		}
		p.window(want, got)
		collect(w.size())
		return p.fieldTimes(ctx, w)
	})
	if err != nil {
		return compared{}, err
	}
	if p.kind == kindStream {
		if err := p.groups(ctx); err != nil {
			return compared{}, err
		}
	}
	if err := p.lengths(ctx); err != nil {
		return compared{}, err
	}
	return p.result(), nil
}

// fieldTimes compares the expiries of the fields of a hash.
func (p *pieces) fieldTimes(ctx context.Context, w window) error {
	if p.kind != kindHash {
		return nil
	}
	from, err := p.pair.from.fieldTimes(ctx, p.key, w)
	if err != nil {
		return err
	}
	to, err := p.pair.to.fieldTimes(ctx, p.key, w)
	if err != nil {
		return err
	}
	for i := range len(w.values) / 2 {
		if late := p.skew.differs(timeAt(from, i), timeAt(to, i)); late != "" && p.detail == "" {
			p.detail = "a field of the hash: " + late
		}
	}
	return nil
}

// timeAt is an expiry of a list that may be missing.
func timeAt(times []int64, i int) int64 {
	if times == nil {
		return noExpiry
	}
	return max(noExpiry, times[i])
}

// window takes in one piece of both sides.
func (p *pieces) window(want window, got [][]string) {
	elements := want.elements()
	for i, e := range elements {
		p.element(e, got[i])
	}
	p.expected += int64(len(elements))
	if p.masks.masks(p.key) && (p.kind == kindSet || p.kind == kindZset) {
		for _, t := range want.members() {
			p.masked = append(p.masked, fingerprint(0, t))
		}
	}
}

// result is what the sums say.
func (p *pieces) result() compared {
	v := compared{kind: p.kind, from: digestOfSum(p.from), to: digestOfSum(p.to), fromBytes: p.fromSize, toBytes: p.toSize, detail: p.detail}
	if v.detail != "" && v.from == v.to {
		v.to[0]++ // what differs is beside the elements
	}
	return v
}

// digestOfSum stands for the elements that were summed.
func digestOfSum(s checksum.Sum) digest {
	var d digest
	binary.LittleEndian.PutUint64(d[:], s.Low)
	binary.LittleEndian.PutUint64(d[8:], s.High)
	return d
}

// lengths compares how many elements there are, so that the target has no more.
func (p *pieces) lengths(ctx context.Context) error {
	got, err := p.pair.to.length(ctx, p.key, p.kind)
	if err != nil {
		return err
	}
	want, err := p.pair.from.length(ctx, p.key, p.kind)
	if err != nil {
		return err
	}
	if p.masks.masks(p.key) {
		switch p.kind {
		case kindSet, kindZset:
			slices.Sort(p.masked)
			want = int64(len(slices.Compact(p.masked)))
		default:
			want = p.expected // elements may have been dropped
		}
	}
	if want != got && p.detail == "" {
		p.detail = fmt.Sprintf("the number of elements: %d, not %d", got, want)
	}
	return nil
}
