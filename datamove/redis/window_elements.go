package redis

import (
	"context"
	"errors"
	"strconv"

	goredis "github.com/redis/go-redis/v9"
)

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
		out[i] = memberOf(w.kind, members[i], c.Val())
	}
	return out, nil
}

// memberOf is a member with its value, or nothing when the reply says that it is not there.
func memberOf(kind, member string, reply any) []string {
	switch v := reply.(type) {
	case int64:
		if v == 1 {
			return []string{member}
		}
	case string:
		if kind == kindZset {
			v = score(v)
		}
		return []string{member, v}
	}
	return nil
}
