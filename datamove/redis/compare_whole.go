package redis

import (
	"context"
	"crypto/sha256"
)

// whole compares a masked string that fits into memory; one that does not was left out.
func (p *pieces) whole(ctx context.Context) (compared, error) {
	from, to, err := p.pair.both(func(b *base) ([]entry, error) { return b.contents(ctx, []string{p.key}, 2*wholeLimit) })
	if err != nil {
		return compared{}, err
	}
	if from[0].size > 0 || to[0].size > 0 || from[0].gone() || to[0].gone() {
		return compared{kind: p.kind, to: digest{1}, detail: "it cannot be compared: it is masked and larger than 8 MiB"}, nil
	}
	want, err := p.masks.content(p.key, from[0].content, false)
	if err != nil {
		return compared{}, err
	}
	return compared{
		kind: p.kind, from: want.digest(), to: to[0].content.digest(), fromBytes: want.bytes(), toBytes: to[0].content.bytes(),
	}, nil
}

// entire compares a key below the size of a big one that has an element which is too
// large for a piece: the whole of it, one side after the other.
func (p *pieces) entire(ctx context.Context) (compared, error) {
	v := compared{kind: p.kind}
	var ok [2]bool
	var err error
	if v.from, v.fromBytes, ok[source], err = p.digestOf(ctx, p.pair.from); err != nil {
		return v, err
	}
	collect(v.fromBytes)
	if v.to, v.toBytes, ok[target], err = p.digestOf(ctx, p.pair.to); err != nil {
		return v, err
	}
	if !ok[source] || !ok[target] {
		v.to[0], v.detail = v.from[0]+1, "it cannot be compared: an element is larger than 8 MiB"
	}
	return v, nil
}

// digestOf is that of a whole key, masked where it comes from the source; false
// when it is gone or too large.
func (p *pieces) digestOf(ctx context.Context, b *base) (d digest, bytes int64, ok bool, err error) {
	entries, err := b.contents(ctx, []string{p.key}, p.bigKey)
	if err != nil || entries[0].size > 0 || entries[0].gone() {
		return digest{}, 0, false, err
	}
	c := entries[0].content
	if b == p.pair.from {
		if c, err = p.masks.content(p.key, c, false); err != nil {
			return digest{}, 0, false, err
		}
	}
	c = c.normal()
	return c.digest(), c.bytes(), true, nil
}

// payloads compares what has no elements that we know: types of modules.
func (p *pieces) payloads(ctx context.Context) (compared, error) {
	from, to, err := p.pair.both(func(b *base) ([]entry, error) { return b.dump(ctx, []string{p.key}, p.bigKey) })
	if err != nil {
		return compared{}, err
	}
	x, isX := body(from[0].payload)
	y, isY := body(to[0].payload)
	v := compared{kind: p.kind, from: sha256.Sum256([]byte(x)), to: sha256.Sum256([]byte(y)), fromBytes: int64(len(x)), toBytes: int64(len(y))}
	if !isX || !isY {
		v.to[0]++
		v.detail = "it cannot be compared: it is of a module's type and too large"
	}
	return v, nil
}
