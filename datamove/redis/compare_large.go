package redis

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove/checksum"
)

// compareLarge compares a key in pieces: each piece of the source with the same
// elements of the target, and then how many there are.
func (c *comparer) compareLarge(ctx context.Context, l *look, a, b entry, final bool) error {
	c.large.Lock()
	defer c.large.Unlock()
	kind := a.content.kind
	if kind != b.content.kind {
		c.judge(l, a, b, verdict{kind: kind, to: digest{1}, detail: "the type: " + b.content.kind + " in the target"}, final)
		return nil
	}
	p := &pieces{comparer: c, key: a.key, kind: kind}
	v, err := p.compare(ctx)
	switch {
	case errors.Is(err, errElement):
		v, err = (&pieces{comparer: c, key: a.key, kind: kind}).entire(ctx)
	case errors.Is(err, errKind):
		v, err = p.payloads(ctx)
	case err != nil && strings.HasPrefix(err.Error(), "WRONGTYPE"):
		v, err = verdict{kind: kind, to: digest{1}, detail: "the type changed"}, nil
	}
	if err != nil {
		return c.from.fault(fmt.Sprintf("compare the %s %q in pieces", kind, a.key), err)
	}
	c.judge(l, a, b, v, final)
	return nil
}

// pieces compares one key.
type pieces struct {
	*comparer
	key, kind        string
	from, to         checksum.Sum
	expected         int64
	masked           []uint64 // members after masking, when some may have become the same
	detail           string
	fromSize, toSize int64
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

func (p *pieces) compare(ctx context.Context) (verdict, error) {
	if p.kind == kindString && p.isMasked(p.key) {
		return p.whole(ctx)
	}
	err := p.pair.from.walk(ctx, p.key, p.kind, func(w window) error {
		want, err := p.maskWindow(p.key, w, false)
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
		return verdict{}, err
	}
	if p.kind == kindStream {
		if err := p.groups(ctx); err != nil {
			return verdict{}, err
		}
	}
	if err := p.lengths(ctx); err != nil {
		return verdict{}, err
	}
	return p.verdict(), nil
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
		a, b := int64(noExpiry), int64(noExpiry)
		if from != nil {
			a = max(a, from[i])
		}
		if to != nil {
			b = max(b, to[i])
		}
		if late := p.expiryDiffers(a, b); late != "" && p.detail == "" {
			p.detail = "a field of the hash: " + late
		}
	}
	return nil
}

// window takes in one piece of both sides.
func (p *pieces) window(want window, got [][]string) {
	elements := want.elements()
	for i, e := range elements {
		p.element(e, got[i])
	}
	p.expected += int64(len(elements))
	if p.isMasked(p.key) && (p.kind == kindSet || p.kind == kindZset) {
		for _, t := range want.members() {
			p.masked = append(p.masked, fingerprint(0, t))
		}
	}
}

// verdict is what the sums say.
func (p *pieces) verdict() verdict {
	v := verdict{kind: p.kind, from: digestOfSum(p.from), to: digestOfSum(p.to), fromBytes: p.fromSize, toBytes: p.toSize, detail: p.detail}
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

// elements are those of a window as they are compared: each with its position
// where the order matters, and with all that belongs to it.
func (w window) elements() [][]string {
	var out [][]string
	switch w.kind {
	case kindStream:
		for i, id := range w.ids {
			out = append(out, append([]string{id}, w.fields[i]...))
		}
	case kindString, kindList:
		for i, v := range w.values {
			out = append(out, []string{strconv.FormatInt(w.offset+int64(i), 10), v})
		}
	default:
		step := stride(w.kind)
		for i := 0; i+step <= len(w.values); i += step {
			e := w.values[i : i+step]
			if w.kind == kindZset {
				e = []string{e[0], score(e[1])}
			}
			out = append(out, e)
		}
	}
	return out
}

// members are those of a set or sorted set.
func (w window) members() []string {
	var out []string
	for i := 0; i < len(w.values); i += stride(w.kind) {
		out = append(out, w.values[i])
	}
	return out
}

// same reads from the other side what belongs to a window, as many elements.
func (b *base) same(ctx context.Context, key string, w window) ([][]string, error) {
	got := window{content: content{kind: w.kind}, offset: w.offset}
	var err error
	switch w.kind {
	case kindString:
		var piece string
		piece, err = b.do.GetRange(ctx, key, w.offset, w.offset+int64(len(w.values[0]))-1).Result()
		got.values = []string{piece}
	case kindList:
		got.values, err = b.do.LRange(ctx, key, w.offset, w.offset+int64(len(w.values))-1).Result()
	case kindStream:
		return b.sameEntries(ctx, key, w)
	default:
		return b.sameMembers(ctx, key, w)
	}
	return padded(got.elements(), len(w.elements())), err
}

// padded has n elements; one that is missing is different from anything.
func padded(elements [][]string, n int) [][]string {
	for len(elements) < n {
		elements = append(elements, nil)
	}
	return elements[:n]
}

// sameEntries reads a stream from the first to the last id of the window.
func (b *base) sameEntries(ctx context.Context, key string, w window) ([][]string, error) {
	reply, err := b.do.Do(ctx, "xrange", key, w.ids[0], w.ids[len(w.ids)-1], "count", len(w.ids)+1).Slice()
	return padded(streamWindow(reply).elements(), len(w.ids)), err
}

// sameMembers asks for each field or member of the window.
func (b *base) sameMembers(ctx context.Context, key string, w window) ([][]string, error) {
	members := w.members()
	p := b.do.Pipeline()
	commands := make([]*goredis.Cmd, len(members))
	ask := map[string]string{kindHash: "hget", kindZset: "zscore", kindSet: "sismember"}[w.kind]
	for i, m := range members {
		commands[i] = p.Do(ctx, ask, key, m)
	}
	if _, err := p.Exec(ctx); err != nil && !errors.Is(err, goredis.Nil) {
		return nil, err
	}
	out := make([][]string, len(members))
	for i, c := range commands {
		switch v := c.Val().(type) {
		case int64:
			if v == 1 {
				out[i] = []string{members[i]}
			}
		case string:
			if w.kind == kindZset {
				v = score(v)
			}
			out[i] = []string{members[i], v}
		}
	}
	return out, nil
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
	if p.isMasked(p.key) {
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

// whole compares a masked string that fits into memory; one that does not was left out.
func (p *pieces) whole(ctx context.Context) (verdict, error) {
	from, to, err := p.both(func(b *base) ([]entry, error) { return b.contents(ctx, []string{p.key}, 2*wholeLimit) })
	if err != nil {
		return verdict{}, err
	}
	if from[0].size > 0 || to[0].size > 0 || from[0].gone() || to[0].gone() {
		return verdict{kind: p.kind, to: digest{1}, detail: "it cannot be compared: it is masked and larger than 8 MiB"}, nil
	}
	want, err := p.maskContent(p.key, from[0].content, false)
	if err != nil {
		return verdict{}, err
	}
	return verdict{
		kind: p.kind, from: want.digest(), to: to[0].content.digest(), fromBytes: want.bytes(), toBytes: to[0].content.bytes(),
	}, nil
}

// entire compares a key below the size of a big one that has an element which is too
// large for a piece: the whole of it, one side after the other.
func (p *pieces) entire(ctx context.Context) (verdict, error) {
	v := verdict{kind: p.kind}
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
	entries, err := b.contents(ctx, []string{p.key}, p.bigKey())
	if err != nil || entries[0].size > 0 || entries[0].gone() {
		return digest{}, 0, false, err
	}
	c := entries[0].content
	if b == p.pair.from {
		if c, err = p.maskContent(p.key, c, false); err != nil {
			return digest{}, 0, false, err
		}
	}
	c = c.normal()
	return c.digest(), c.bytes(), true, nil
}

// payloads compares what has no elements that we know: types of modules.
func (p *pieces) payloads(ctx context.Context) (verdict, error) {
	from, to, err := p.both(func(b *base) ([]entry, error) { return b.dump(ctx, []string{p.key}, p.bigKey()) })
	if err != nil {
		return verdict{}, err
	}
	x, isX := body(from[0].payload)
	y, isY := body(to[0].payload)
	v := verdict{kind: p.kind, from: sha256.Sum256([]byte(x)), to: sha256.Sum256([]byte(y)), fromBytes: int64(len(x)), toBytes: int64(len(y))}
	if !isX || !isY {
		v.to[0]++
		v.detail = "it cannot be compared: it is of a module's type and too large"
	}
	return v, nil
}

// groups compares what a stream has beside its entries.
func (p *pieces) groups(ctx context.Context) error {
	from, err := p.pair.from.stream(ctx, p.key)
	if err != nil {
		return err
	}
	to, err := p.pair.to.stream(ctx, p.key)
	if err != nil {
		return err
	}
	both7 := p.pair.from.side.server.atLeast(7, 0) && p.pair.to.side.server.atLeast(7, 0)
	if p.detail = from.differs(to, both7); p.detail != "" {
		return nil
	}
	for _, g := range from.groups {
		same, err := p.samePending(ctx, g.name)
		if err != nil {
			return err
		}
		if !same {
			p.detail = fmt.Sprintf("the pending entries of group %q", g.name)
			return nil
		}
	}
	return nil
}

// differs says what is not the same, "" for nothing.
func (s streamState) differs(o streamState, counters bool) string {
	switch {
	case s.lastID != o.lastID:
		return "the last id of the stream"
	case counters && (s.added != o.added || s.maxDeleted != o.maxDeleted):
		return "the counters of the stream"
	case len(s.groups) != len(o.groups):
		return "the groups of the stream"
	}
	for i, g := range s.groups {
		h := o.groups[i]
		if g.name != h.name || g.lastID != h.lastID || counters && g.read != h.read || g.pending != h.pending || !slices.Equal(g.consumers, h.consumers) {
			return fmt.Sprintf("group %q", g.name)
		}
	}
	return ""
}

// samePending compares pending entries by id, consumer and number of deliveries.
func (p *pieces) samePending(ctx context.Context, name string) (bool, error) {
	var sums [2]checksum.Sum
	for i, b := range []*base{p.pair.from, p.pair.to} {
		err := b.eachPending(ctx, p.key, name, func(found []pending) error {
			for _, f := range found {
				sums[i].Add(elementSum([]string{f.id, f.consumer, strconv.FormatInt(f.times, 10)}))
			}
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	return sums[source] == sums[target], nil
}
