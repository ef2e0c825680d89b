package redis

import (
	"context"
	"errors"
	"slices"

	goredis "github.com/redis/go-redis/v9"
)

// sampleRounds is how many random keys of each database are sampled by preflight.
const sampleRounds = 200

// sampleBig asks for the size of random keys; sampled is called with their names.
func (r *run) sampleBig(ctx context.Context, sampled func(p pair, keys []string) error) ([]bigKey, error) {
	var found []bigKey
	for _, p := range r.pairs {
		if r.from.server.keys[p.from.number] == 0 {
			continue
		}
		for _, node := range p.from.nodes {
			keys, err := randomKeys(ctx, node, sampleRounds)
			if err != nil {
				return nil, p.from.end.wrap("sample keys (RANDOMKEY)", err)
			}
			keys = slices.DeleteFunc(keys, func(k string) bool { return !r.scanner.filter.Takes(k) })
			if err := sampled(p, keys); err != nil {
				return nil, err
			}
			big, err := p.from.bigKeys(ctx, keys, r.bigKey())
			if err != nil {
				return nil, err
			}
			found = append(found, big...)
		}
	}
	return found, nil
}

// bigKeys are those of the keys that have at least so many bytes, each once.
func (b *base) bigKeys(ctx context.Context, keys []string, least int64) ([]bigKey, error) {
	slices.Sort(keys)
	entries, err := b.dump(ctx, slices.Compact(keys), 0)
	var big []bigKey
	for _, e := range entries {
		if e.size >= least {
			big = append(big, bigKey{e.key, e.size})
		}
	}
	return big, err
}

func randomKeys(ctx context.Context, node *goredis.Client, n int) ([]string, error) {
	p := node.Pipeline()
	commands := make([]*goredis.StringCmd, n)
	for i := range commands {
		commands[i] = p.RandomKey(ctx)
	}
	if _, err := p.Exec(ctx); err != nil && !errors.Is(err, goredis.Nil) {
		return nil, err
	}
	var keys []string
	for _, c := range commands {
		if c.Err() == nil {
			keys = append(keys, c.Val())
		}
	}
	return keys, nil
}
