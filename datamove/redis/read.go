package redis

import (
	"context"
	"fmt"
)

// What stands in the place of an expiry.
const (
	noExpiry = -1
	noKey    = -2
)

// entry is a key at one moment.
type entry struct {
	key string
	// at is the expiry in ms by the clock of its server, noExpiry, or noKey.
	at int64
	// payload is what DUMP returns; content are the elements. Neither is there when
	// size is, which is that of a key to be read alone.
	payload string
	content content
	size    int64
}

func (e entry) gone() bool { return e.at == noKey }

// dump reads payloads and expiries. The entries are in the order of the keys.
func (b *base) dump(ctx context.Context, keys []string, fat int64) ([]entry, error) {
	return b.readAll(ctx, dumpScript(b.end.server), keys, fat, 2, func(e *entry, reply []any) (any, any) {
		e.payload, _ = reply[0].(string)
		return reply[0], reply[1]
	})
}

// contents reads elements and expiries.
func (b *base) contents(ctx context.Context, keys []string, fat int64) ([]entry, error) {
	return b.readAll(ctx, contentScript(b.end.server), keys, fat, 3, func(e *entry, reply []any) (any, any) {
		e.content.kind, _ = reply[0].(string)
		if values, ok := reply[1].([]any); ok {
			e.content.values = texts(values)
		}
		return reply[1], reply[2]
	})
}

// readAll runs a reading script until it has answered every key.
func (b *base) readAll(ctx context.Context, s script, keys []string, fat int64, width int, parse func(*entry, []any) (mark, at any)) ([]entry, error) {
	out := make([]entry, len(keys))
	open := make([]int, len(keys)) // places of the keys without an answer
	for i, k := range keys {
		out[i].key, open[i] = k, i
	}
	for len(open) > 0 {
		asked := make([]string, len(open))
		for i, at := range open {
			asked[i] = keys[at]
		}
		replies, err := b.read(ctx, s, asked, fat, width)
		if err != nil {
			return nil, b.end.wrap("read keys", err)
		}
		var later []int
		for i, at := range open {
			mark, expiry := parse(&out[at], replies[i*width:(i+1)*width])
			if full := out[at].take(mark, expiry); full {
				later = append(later, at)
			}
		}
		if len(later) == len(open) {
			return nil, fmt.Errorf("the %s returns no key of %d", b.end.name, len(open))
		}
		open = later
	}
	return out, nil
}

// take takes in the marks; full says that the answer had no room for the key.
func (e *entry) take(mark, expiry any) (full bool) {
	e.at, _ = expiry.(int64)
	switch v := mark.(type) {
	case nil:
		e.at = noKey
	case int64:
		if v < 0 {
			return true
		}
		e.size = v
	}
	return false
}

// read is one call; the result is flat, width values a key.
func (b *base) read(ctx context.Context, s script, keys []string, fat int64, width int) ([]any, error) {
	replies, err := b.runScript(ctx, s, b.groups(keys), func(int) []any { return []any{fat, batchBytes} })
	if err != nil {
		return nil, err
	}
	flat := make([]any, 0, width*len(keys))
	for _, r := range replies {
		values, err := r.Slice()
		if err != nil {
			return nil, err
		}
		flat = append(flat, values...)
	}
	if len(flat) != width*len(keys) {
		return nil, fmt.Errorf("a script returned %d values for %d keys", len(flat), len(keys))
	}
	return flat, nil
}

func texts(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i], _ = v.(string)
	}
	return out
}
