package redis

import (
	"context"
	"errors"

	goredis "github.com/redis/go-redis/v9"
)

// copyGroups gives the growing stream the state of the source's.
func (c *copier) copyGroups(ctx context.Context, key, name string) error {
	state, err := c.pair.from.stream(ctx, key)
	if err != nil {
		if err.Error() == "ERR no such key" {
			return nil // place finds out
		}
		return c.pair.from.end.wrap("read the groups of a stream", err)
	}
	if err := c.pair.to.makeStream(ctx, name, state); err != nil {
		return c.pair.to.end.wrap("make the groups of a stream", err)
	}
	for _, g := range state.groups {
		err := c.pair.from.eachPending(ctx, key, g.name, func(found []pending) error {
			return c.pair.to.claim(ctx, name, g.name, found)
		})
		if err != nil {
			return c.pair.from.end.wrap("copy the pending entries of a stream", err)
		}
	}
	return nil
}

// makeStream sets ids and groups; the stream is made if no entry has made it.
func (b *base) makeStream(ctx context.Context, name string, s streamState) error {
	p := b.do.TxPipeline()
	const maker = "shakedown"
	p.Do(ctx, "xgroup", "create", name, maker, "0", "mkstream")
	p.Do(ctx, "xgroup", "destroy", name, maker)
	set := []any{"xsetid", name, s.lastID}
	if b.end.server.atLeast(7, 0) && s.maxDeleted != "" {
		set = append(set, "entriesadded", s.added, "maxdeletedid", s.maxDeleted)
	}
	p.Do(ctx, set...)
	for _, g := range s.groups {
		b.makeGroup(ctx, p, name, g)
	}
	p.PExpire(ctx, name, temporaryLife)
	_, err := p.Exec(ctx)
	return err
}

func (b *base) makeGroup(ctx context.Context, p goredis.Pipeliner, name string, g group) {
	create := []any{"xgroup", "create", name, g.name, g.lastID}
	if read, ok := g.read.(int64); ok && b.end.server.atLeast(7, 0) {
		create = append(create, "entriesread", read)
	}
	p.Do(ctx, create...)
	if !b.end.server.atLeast(6, 2) {
		return // it makes consumers that have pending entries by itself
	}
	for _, consumer := range g.consumers {
		p.Do(ctx, "xgroup", "createconsumer", name, g.name, consumer)
	}
}

// claim makes entries pending. One whose message was deleted cannot be; the
// comparison finds it.
func (b *base) claim(ctx context.Context, name, group string, found []pending) error {
	p := b.do.Pipeline()
	for _, f := range found {
		p.Do(ctx, "xclaim", name, group, f.consumer, 0, f.id, "idle", f.idle, "retrycount", f.times, "force", "justid")
	}
	p.PExpire(ctx, name, temporaryLife)
	_, err := p.Exec(ctx)
	if errors.Is(err, goredis.Nil) {
		return nil
	}
	return err
}
