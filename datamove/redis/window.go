package redis

import (
	"context"
	"errors"
	"fmt"
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
		return b.walkString(ctx, key, each)
	case kindList:
		return b.walkList(ctx, key, each)
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

// errElement is one that is too large to be read: only strings have pieces.
var errElement = errors.New("an element is too large")

// elementLimit is the most that is read of a key at once.
const elementLimit = 8 << 20

// window reads by a command, with fewer elements where these are large. The
// command is made for a number of elements.
func (b *base) window(ctx context.Context, key string, count int64, command func(count int64) []any) (answer []any, used int64, err error) {
	for {
		replies, err := b.runScript(ctx, windowScript(), [][]string{{key}}, func(int) []any {
			return append([]any{elementLimit}, command(count)...)
		})
		if err != nil {
			return nil, count, err
		}
		switch v := replies[0].Val().(type) {
		case []any:
			return v, count, nil
		case int64:
			if count == 1 {
				return nil, count, errElement
			}
			count = max(1, count*elementLimit/(2*max(1, v)))
		default:
			return nil, count, fmt.Errorf("a script returned %T", v)
		}
	}
}

// walkString reads a string in pieces.
func (b *base) walkString(ctx context.Context, key string, each func(window) error) error {
	for offset := int64(0); ; offset += windowBytes {
		piece, err := b.do.GetRange(ctx, key, offset, offset+windowBytes-1).Result()
		if err != nil || piece == "" {
			return err
		}
		if err := each(window{content: content{kindString, []string{piece}}, offset: offset}); err != nil {
			return err
		}
	}
}

// walkList reads a list by positions.
func (b *base) walkList(ctx context.Context, key string, each func(window) error) error {
	count, err := b.windowOf(ctx, key, kindList)
	for offset := int64(0); err == nil; {
		var values []any
		values, count, err = b.window(ctx, key, count, func(n int64) []any { return []any{"lrange", offset, offset + n - 1} })
		if err != nil || len(values) == 0 {
			return err
		}
		err = each(window{content: content{kindList, texts(values)}, offset: offset})
		offset += int64(len(values))
	}
	return err
}

// walkScan reads hashes, sets and sorted sets; an element may come twice.
func (b *base) walkScan(ctx context.Context, key, kind string, each func(window) error) error {
	command := map[string]string{kindHash: "hscan", kindSet: "sscan", kindZset: "zscan"}[kind]
	count, err := b.windowOf(ctx, key, kind)
	for cursor := "0"; err == nil; {
		var answer []any
		answer, count, err = b.window(ctx, key, count, func(n int64) []any { return []any{command, cursor, "count", n} })
		if err != nil {
			return err
		}
		if len(answer) != 2 {
			return fmt.Errorf("%s answers %d values", command, len(answer))
		}
		cursor, _ = answer[0].(string)
		if values, _ := answer[1].([]any); len(values) > 0 {
			err = each(window{content: content{kind, texts(values)}})
		}
		if cursor == "0" {
			return err
		}
	}
	return err
}

// walkStream reads the entries of a stream in the order of their ids.
func (b *base) walkStream(ctx context.Context, key string, each func(window) error) error {
	count, err := b.windowOf(ctx, key, kindStream)
	for from := "-"; err == nil; {
		var answer []any
		answer, count, err = b.window(ctx, key, count, func(n int64) []any { return []any{"xrange", from, "+", "count", n} })
		w := streamWindow(answer)
		if err != nil || len(w.ids) == 0 {
			return err
		}
		err = each(w)
		if from = after(w.ids[len(w.ids)-1]); from == "" {
			return err
		}
	}
	return err
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
