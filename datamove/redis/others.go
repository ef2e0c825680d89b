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

// others counts the keys of databases that only the target has, by number, where
// all databases were meant.
func (r *run) others(ctx context.Context) (map[int]int64, error) {
	_, given, err := r.from.path()
	if err != nil || given || len(r.job.Store.Redis.Databases) > 0 || r.to.cluster != nil {
		return nil, err
	}
	info, err := r.to.first.Info(ctx, "keyspace").Result()
	if err != nil {
		return nil, r.to.fault("ask for its databases (INFO)", err)
	}
	out := map[int]int64{}
	for number := range parseServer(info).keys {
		if slices.ContainsFunc(r.pairs, func(p pair) bool { return p.to.number == number }) {
			continue
		}
		var n atomic.Int64
		err := r.each(ctx, r.to.base(number), func(_ context.Context, keys []string) error {
			n.Add(int64(len(keys)))
			return nil
		})
		if err != nil {
			return nil, err
		}
		if n.Load() > 0 {
			out[number] = n.Load()
		}
	}
	return out, nil
}

// compareOthers reports databases that only the target has: the two ends are not
// the same.
func (r *run) compareOthers(ctx context.Context, part *datamove.Part) error {
	if r.job.Store.Existing == datamove.ExistingMerge {
		return r.tellOthers(ctx)
	}
	others, err := r.others(ctx)
	for _, number := range slices.Sorted(maps.Keys(others)) {
		part.Units = append(part.Units, datamove.Unit{Name: fmt.Sprintf("db%d", number), Target: datamove.Sum{Items: others[number]}})
	}
	return err
}

// tellOthers warns of databases that only the target has: a copy leaves them alone.
func (r *run) tellOthers(ctx context.Context) error {
	others, err := r.others(ctx)
	for _, number := range slices.Sorted(maps.Keys(others)) {
		r.tally.notes.Warn("only the target has database %d; its %s stay", number, some(others[number], "key"))
	}
	return err
}

// wantNoEvictions: what the target threw away after it was compared would not be
// missed.
func (r *run) wantNoEvictions(ctx context.Context, part *datamove.Part) error {
	var now int64
	for _, node := range r.to.nodes {
		info, err := node.Info(ctx, "stats").Result()
		if err != nil {
			return r.to.fault("ask for evicted keys (INFO)", err)
		}
		now += parseServer(info).evicted
	}
	if n := now - r.to.server.evicted; n > 0 {
		part.Verdict, part.Reason = datamove.Incomplete, strings.Join([]string{
			"the target evicted", some(n, "key"), "during the copy, because its memory is full (maxmemory)",
		}, " ")
	}
	return nil
}
