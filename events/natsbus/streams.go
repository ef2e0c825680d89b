package natsbus

import (
	"context"
	"errors"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// ensureStream makes the stream, or mends what this package relies on. What an
// operator changed otherwise, such as the age and the replicas, stays.
func ensureStream(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) error {
	have, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateOrUpdateStream(ctx, want)
		return err
	}
	if err != nil {
		return err
	}
	config := have.CachedInfo().Config
	if slices.Equal(config.Subjects, want.Subjects) && !config.AllowDirect && config.Duplicates >= want.Duplicates {
		return nil
	}
	config.Subjects, config.AllowDirect, config.Duplicates = want.Subjects, false, want.Duplicates
	_, err = js.UpdateStream(ctx, config)
	return err
}
