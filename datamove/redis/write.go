package redis

import (
	"context"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// restore writes payloads with their expiries and returns the entries whose
// payload the target refuses, because it is of a version or type that it does not
// know. Expiries are already by the target's clock.
func (b *base) restore(ctx context.Context, entries []entry) (refused []entry, err error) {
	if len(entries) == 0 {
		return nil, nil
	}
	p := b.do.Pipeline()
	commands := make([]*goredis.StatusCmd, len(entries))
	for i, e := range entries {
		commands[i] = goredis.NewStatusCmd(ctx, restoreArgs(e)...)
		_ = p.Process(ctx, commands[i]) // it is only queued
	}
	if _, err := p.Exec(ctx); disconnected(err) {
		return nil, b.end.wrap("write keys (RESTORE)", err)
	}
	for i, c := range commands {
		switch {
		case c.Err() == nil:
		case refusesFormat(c.Err()):
			refused = append(refused, entries[i])
		default:
			return nil, b.end.wrap("write keys (RESTORE)", c.Err())
		}
	}
	return refused, nil
}

// restoreArgs: 0 means no expiry to RESTORE, so an expiry of 0 or before must not
// become it.
func restoreArgs(e entry) []any {
	ttl := e.at
	switch {
	case ttl == noExpiry:
		ttl = 0
	case ttl <= 0:
		ttl = 1 // long past
	}
	return []any{"restore", e.key, ttl, e.payload, "replace", "absttl"}
}

func refusesFormat(err error) bool {
	text := err.Error()
	return strings.Contains(text, "Bad data format") || strings.Contains(text, "DUMP payload version or checksum")
}

// put makes keys of their elements.
func (b *base) put(ctx context.Context, entries []entry) error {
	if len(entries) == 0 {
		return nil
	}
	groups := make([][]string, len(entries))
	for i, e := range entries {
		groups[i] = []string{e.key}
	}
	_, err := b.runScript(ctx, putScript(), groups, func(i int) []any {
		e := entries[i]
		at := ""
		if e.at != noExpiry {
			at = strconv.FormatInt(max(1, e.at), 10)
		}
		return append([]any{e.content.kind, at}, e.content.put()...)
	})
	return b.end.wrap("write keys", err)
}

// unlink removes keys.
func (b *base) unlink(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	p := b.do.Pipeline()
	for _, k := range keys {
		p.Unlink(ctx, k)
	}
	_, err := p.Exec(ctx)
	return b.end.wrap("remove keys (UNLINK)", err)
}

// exist says for each key whether it is there.
func (b *base) exist(ctx context.Context, keys []string) ([]bool, error) {
	out := make([]bool, len(keys))
	if len(keys) == 0 {
		return out, nil
	}
	if all, err := b.allExist(ctx, keys); err != nil || all {
		for i := range out {
			out[i] = all
		}
		return out, err
	}
	p := b.do.Pipeline()
	commands := make([]*goredis.IntCmd, len(keys))
	for i, k := range keys {
		commands[i] = p.Exists(ctx, k)
	}
	if _, err := p.Exec(ctx); err != nil {
		return nil, b.end.wrap("ask for keys (EXISTS)", err)
	}
	for i, c := range commands {
		out[i] = c.Val() == 1
	}
	return out, nil
}

// allExist asks for all keys at once, which a cluster does not answer.
func (b *base) allExist(ctx context.Context, keys []string) (bool, error) {
	if b.isCluster() {
		return false, nil
	}
	n, err := b.do.Exists(ctx, keys...).Result()
	return n == int64(len(keys)), b.end.wrap("ask for keys (EXISTS)", err)
}
