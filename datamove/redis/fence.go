package redis

import (
	"context"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/events"
)

// newClient is a client that asks before every command whether the copy still may. When
// it may not, reading is of no use either, so no list of commands that write is needed.
func newClient(o *goredis.Options) *goredis.Client {
	c := goredis.NewClient(o)
	c.AddHook(fence{})
	return c
}

// fence asks right before commands are sent.
type fence struct{}

var _ goredis.Hook = fence{}

// DialHook leaves connections as they are.
func (fence) DialHook(next goredis.DialHook) goredis.DialHook { return next }

// ProcessHook asks before one command.
func (fence) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		if err := events.CheckFence(ctx); err != nil {
			cmd.SetErr(err)
			return err
		}
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook asks before a batch.
func (fence) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		err := events.CheckFence(ctx)
		if err == nil {
			return next(ctx, cmds)
		}
		for _, cmd := range cmds {
			cmd.SetErr(err)
		}
		return err
	}
}
