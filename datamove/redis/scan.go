package redis

import (
	"context"
	"slices"
	"strings"
	"sync"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
)

// scanner lists the keys that a job takes.
type scanner struct {
	// workers is how many batches are worked on at once.
	workers int
	filter  datamove.Filter
	// job is whose temporary keys are not listed.
	job string
}

// work does something with a batch of keys. Several batches are worked on at once.
type work func(ctx context.Context, keys []string) error

// each scans a database and gives the keys that the job takes to the workers. A
// key is given more than once where SCAN names it more than once, which it does
// when its table shrinks meanwhile.
func (s scanner) each(ctx context.Context, b *base, do work) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	fail := func(err error) {
		if err != nil {
			cancel(err)
		}
	}
	batches := make(chan []string)
	var scanners, workers sync.WaitGroup
	for _, node := range b.nodes {
		scanners.Go(func() { fail(s.scan(ctx, b, node, batches)) })
	}
	for range s.workers {
		workers.Go(func() {
			for keys := range batches {
				fail(do(ctx, keys))
			}
		})
	}
	scanners.Wait()
	close(batches)
	workers.Wait()
	return context.Cause(ctx)
}

// scan sends the names of one node's keys until there are no more.
func (s scanner) scan(ctx context.Context, b *base, node *goredis.Client, batches chan<- []string) error {
	var batch []string
	send := func() error {
		select {
		case batches <- batch:
			batch = nil
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err := b.eachPage(ctx, node, func(keys []string) error {
		batch = append(batch, slices.DeleteFunc(keys, s.leaves)...)
		if len(batch) < batchKeys {
			return nil
		}
		return send()
	})
	if err != nil || len(batch) == 0 {
		return err
	}
	return send()
}

// leaves reports whether the job leaves a key out.
func (s scanner) leaves(key string) bool { return !s.filter.Takes(key) || s.isTemporary(key) }

// eachPage lists the names of one node's keys, page by page.
func (b *base) eachPage(ctx context.Context, node *goredis.Client, do func(keys []string) error) error {
	for cursor := uint64(0); ; {
		keys, next, err := node.Scan(ctx, cursor, "", batchKeys).Result()
		if err != nil {
			return b.end.wrap("list the keys (SCAN)", err)
		}
		if err := do(keys); err != nil {
			return err
		}
		if next == 0 {
			return nil
		}
		cursor = next
	}
}

// temporaryPrefix begins the names under which big keys grow.
const temporaryPrefix = "shakedown:copy:"

func (s scanner) isTemporary(key string) bool {
	rest, ours := strings.CutPrefix(key, temporaryPrefix)
	return ours && strings.HasPrefix(rest, s.job) && strings.HasPrefix(rest[len(s.job):], ":")
}
