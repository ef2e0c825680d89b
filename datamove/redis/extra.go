package redis

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/shakedown-dev/shakedown/datamove"
)

// extraDatabases counts the keys of databases that only the target has, by number, where
// all databases were meant.
func (r *run) extraDatabases(ctx context.Context) (map[int]int64, error) {
	_, given, err := r.from.path()
	if err != nil || given || len(r.job.Store.Redis.Databases) > 0 || r.to.cluster != nil {
		return nil, err
	}
	info, err := r.to.first.Info(ctx, "keyspace").Result()
	if err != nil {
		return nil, r.to.wrap("ask for its databases (INFO)", err)
	}
	out := map[int]int64{}
	for number := range parseServer(info).keys {
		if slices.ContainsFunc(r.pairs, func(p pair) bool { return p.to.number == number }) {
			continue
		}
		n, err := r.countKeys(ctx, r.to.base(number))
		if err != nil {
			return nil, err
		}
		if n > 0 {
			out[number] = n
		}
	}
	return out, nil
}

// countKeys counts the keys of a database that the job takes.
func (r *run) countKeys(ctx context.Context, b *base) (int64, error) {
	var n atomic.Int64
	err := r.scanner.each(ctx, b, func(_ context.Context, keys []string) error {
		n.Add(int64(len(keys)))
		return nil
	})
	return n.Load(), err
}

// compareExtraDatabases reports databases that only the target has: the two ends are not
// the same.
func (r *run) compareExtraDatabases(ctx context.Context, part *datamove.Part) error {
	if r.merges() {
		return r.warnExtraDatabases(ctx)
	}
	others, err := r.extraDatabases(ctx)
	for _, number := range slices.Sorted(maps.Keys(others)) {
		part.Units = append(part.Units, datamove.Unit{Name: fmt.Sprintf("db%d", number), Target: datamove.Sum{Items: others[number]}})
	}
	return err
}

// warnExtraDatabases warns of databases that only the target has: a copy leaves them alone.
func (r *run) warnExtraDatabases(ctx context.Context) error {
	others, err := r.extraDatabases(ctx)
	for _, number := range slices.Sorted(maps.Keys(others)) {
		r.tally.notes.Warn("only the target has database %d; its %s stay", number, keysText(others[number]))
	}
	return err
}

// checkEvictions: what the target threw away after it was compared would not be
// missed.
func (r *run) checkEvictions(ctx context.Context, part *datamove.Part) error {
	var now int64
	for _, node := range r.to.nodes {
		info, err := node.Info(ctx, "stats").Result()
		if err != nil {
			return r.to.wrap("ask for evicted keys (INFO)", err)
		}
		now += parseServer(info).evicted
	}
	if n := now - r.to.server.evicted; n > 0 {
		part.Verdict, part.Reason = datamove.Incomplete, strings.Join([]string{
			"the target evicted", keysText(n), "during the copy, because its memory is full (maxmemory)",
		}, " ")
	}
	return nil
}
