package redis

import (
	"context"
	"errors"

	goredis "github.com/redis/go-redis/v9"
)

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
	if !b.end.server.expiresFields() {
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
	return found, b.end.wrap("ask for the expiry of fields (HPEXPIRETIME)", err)
}

// fieldTimes are the expiries of the fields of a window, below 0 where there is none;
// nil from a server that knows none.
func (b *base) fieldTimes(ctx context.Context, key string, w window) ([]int64, error) {
	if !b.end.server.expiresFields() || len(w.values) == 0 {
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
