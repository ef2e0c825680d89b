package redis

import (
	"context"
	"errors"
	"strconv"

	goredis "github.com/redis/go-redis/v9"
)

// Sizes of what is read of a big key at once.
const (
	windowBytes    = 1 << 20
	windowElements = 2000
)

// window is a piece of a big key.
type window struct {
	content
	// offset is where it lies: in bytes of a string, in elements of a list.
	offset int64
	// ids are those of the entries of a stream, fields their fields and values.
	ids    []string
	fields [][]string
}

// walk reads a key in pieces of bounded size. A key that changes meanwhile may be
// seen half changed: who walks compares afterwards.
func (b *base) walk(ctx context.Context, key, kind string, each func(window) error) error {
	switch kind {
	case kindString:
		return b.walkRange(ctx, kind, key, windowBytes, each)
	case kindList:
		count, err := b.windowOf(ctx, key, kind)
		if err != nil {
			return err
		}
		return b.walkRange(ctx, kind, key, count, each)
	case kindHash, kindSet, kindZset:
		return b.walkScan(ctx, key, kind, each)
	case kindStream:
		return b.walkStream(ctx, key, each)
	}
	return errKind
}

// windowOf is how many elements are about windowBytes.
func (b *base) windowOf(ctx context.Context, key, kind string) (int64, error) {
	n, err := b.length(ctx, key, kind)
	if err != nil {
		return 0, err
	}
	size, err := b.do.MemoryUsage(ctx, key).Result()
	if err != nil && !errors.Is(err, goredis.Nil) {
		return 0, err
	}
	return max(1, min(windowElements, windowBytes/max(1, size/max(1, n)))), nil
}

// length is the number of elements, or of bytes of a string.
func (b *base) length(ctx context.Context, key, kind string) (int64, error) {
	command := map[string]string{
		kindString: "strlen", kindList: "llen", kindHash: "hlen", kindSet: "scard", kindZset: "zcard", kindStream: "xlen",
	}[kind]
	return b.do.Do(ctx, command, key).Int64()
}

// walkRange reads strings and lists, which have positions.
func (b *base) walkRange(ctx context.Context, kind, key string, count int64, each func(window) error) error {
	for offset := int64(0); ; {
		w := window{content: content{kind: kind}, offset: offset}
		var n int64
		if kind == kindString {
			piece, err := b.do.GetRange(ctx, key, offset, offset+count-1).Result()
			if err != nil {
				return err
			}
			w.values, n = []string{piece}, int64(len(piece))
		} else {
			values, err := b.do.LRange(ctx, key, offset, offset+count-1).Result()
			if err != nil {
				return err
			}
			w.values, n = values, int64(len(values))
		}
		if n == 0 {
			return nil
		}
		if err := each(w); err != nil || n < count {
			return err
		}
		offset += n
	}
}

// walkScan reads hashes, sets and sorted sets; an element may come twice.
func (b *base) walkScan(ctx context.Context, key, kind string, each func(window) error) error {
	count, err := b.windowOf(ctx, key, kind)
	if err != nil {
		return err
	}
	for cursor := uint64(0); ; {
		var values []string
		switch kind {
		case kindHash:
			values, cursor, err = b.do.HScan(ctx, key, cursor, "", count).Result()
		case kindSet:
			values, cursor, err = b.do.SScan(ctx, key, cursor, "", count).Result()
		default:
			values, cursor, err = b.do.ZScan(ctx, key, cursor, "", count).Result()
		}
		if err != nil {
			return err
		}
		if len(values) > 0 {
			if err := each(window{content: content{kind: kind, values: values}}); err != nil {
				return err
			}
		}
		if cursor == 0 {
			return nil
		}
	}
}

// walkStream reads the entries of a stream in the order of their ids.
func (b *base) walkStream(ctx context.Context, key string, each func(window) error) error {
	count, err := b.windowOf(ctx, key, kindStream)
	if err != nil {
		return err
	}
	for from := "-"; ; {
		reply, err := b.do.Do(ctx, "xrange", key, from, "+", "count", count).Slice()
		if err != nil {
			return err
		}
		w := streamWindow(reply)
		if len(w.ids) == 0 {
			return nil
		}
		if err := each(w); err != nil || int64(len(w.ids)) < count {
			return err
		}
		from = "(" + w.ids[len(w.ids)-1]
	}
}

// streamWindow reads the answer to XRANGE.
func streamWindow(reply []any) window {
	w := window{content: content{kind: kindStream}}
	for _, r := range reply {
		pair, ok := r.([]any)
		if !ok || len(pair) != 2 {
			continue
		}
		id, _ := pair[0].(string)
		values, _ := pair[1].([]any)
		w.ids = append(w.ids, id)
		w.fields = append(w.fields, texts(values))
	}
	return w
}

// size is about how many bytes a window has.
func (w window) size() int64 {
	sum := w.bytes()
	for _, f := range w.fields {
		for _, v := range f {
			sum += int64(len(v))
		}
	}
	return sum
}

// commands are those that add a window to a key.
func (w window) commands(key string) [][]any {
	flat := func(name string, values []any) [][]any { return [][]any{append([]any{name, key}, values...)} }
	switch w.kind {
	case kindString:
		return [][]any{{"setrange", key, strconv.FormatInt(w.offset, 10), w.values[0]}}
	case kindStream:
		out := make([][]any, len(w.ids))
		for i, id := range w.ids {
			out[i] = []any{"xadd", key, id}
			for _, v := range w.fields[i] {
				out[i] = append(out[i], v)
			}
		}
		return out
	case kindList:
		return flat("rpush", w.put())
	case kindSet:
		return flat("sadd", w.put())
	case kindZset:
		return flat("zadd", w.put())
	}
	return flat("hset", w.put())
}
