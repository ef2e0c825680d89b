package natsbus

import (
	"context"
	"errors"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// ensureStream makes the stream, or mends what this package relies on. What an
// operator changed otherwise, such as the age, stays.
func (b *Bus) ensureStream(ctx context.Context, want jetstream.StreamConfig) error {
	have, err := b.open(ctx, want)
	if err != nil {
		return err
	}
	config := have.CachedInfo().Config
	if slices.Equal(config.Subjects, want.Subjects) && !config.AllowDirect && config.Duplicates >= want.Duplicates {
		return nil
	}
	config.Subjects, config.AllowDirect, config.Duplicates = want.Subjects, false, want.Duplicates
	_, err = b.stream(ctx, func(ctx context.Context) (jetstream.Stream, error) { return b.js.UpdateStream(ctx, config) })
	return err
}

// open opens a stream, made on first use.
func (b *Bus) open(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	have := func(ctx context.Context) (jetstream.Stream, error) { return b.js.Stream(ctx, want.Name) }
	stream, err := b.stream(ctx, have)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = b.create(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // somebody else made it meanwhile
			stream, err = b.stream(ctx, have)
		}
	}
	if err != nil {
		return nil, err
	}
	return b.raise(ctx, stream), nil
}

// stream asks for a stream as often as the server does not answer. To make one is
// several writes to the disk, which take seconds when it is busy.
func (b *Bus) stream(ctx context.Context, ask func(context.Context) (jetstream.Stream, error)) (stream jetstream.Stream, err error) {
	err = b.transfer(ctx, func(ctx context.Context) (err error) {
		stream, err = ask(ctx)
		return err
	})
	return stream, err
}
