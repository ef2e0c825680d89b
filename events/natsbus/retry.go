package natsbus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	// patience bounds an operation whatever its context allows, and onceTimeout
	// one try of it: a server that restarts leaves questions unanswered for good.
	patience    = 5 * time.Second
	onceTimeout = time.Second
	retryWait   = 100 * time.Millisecond
	// transferPatience and transferTimeout are the same for what takes long.
	transferPatience = 30 * time.Second
	transferTimeout  = 10 * time.Second
)

// persist tries again while the server does not answer. It is for what may be
// done twice: reads, and writes that the server drops when they come again.
func persist(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := func() error {
			once, cancel := context.WithTimeout(ctx, onceTimeout)
			defer cancel()
			return try(once)
		}()
		if err == nil || !noAnswer(err) || !events.Wait(ctx, retryWait) {
			return err
		}
	}
}

// transfer is persist for what is large, or is made on the disk, and so takes its time
// on a busy machine.
// A new connection ends a try, since the answer was lost with the old one.
func (b *Bus) transfer(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, transferPatience)
	defer cancel()
	for {
		lost, err := b.transferOnce(ctx, try)
		if err == nil || !lost && !noAnswer(err) || !events.Wait(ctx, retryWait) {
			return err
		}
	}
}

func (b *Bus) transferOnce(ctx context.Context, try func(context.Context) error) (lost bool, err error) {
	during, end := b.links.during(ctx)
	defer end()
	once, cancel := context.WithTimeout(during, transferTimeout)
	defer cancel()
	err = try(once)
	return during.Err() != nil && ctx.Err() == nil, err
}

// noAnswer says whether the server may be there again in a moment.
func noAnswer(err error) bool {
	for _, e := range []error{
		context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected,
		jetstream.ErrNoStreamResponse, jetstream.ErrJetStreamNotEnabled,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.Code == 503 && !isFull(api) // no leader yet, or starting
}
