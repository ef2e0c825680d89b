package natsbus

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// checkTimeout bounds Check.
const checkTimeout = 2 * time.Second

// Check asks the server whether events can be stored now. Errors: *events.Error of
// KindUnavailable that says why not.
func (b *Bus) Check(ctx context.Context) error {
	if err := b.Err(); err != nil {
		return err
	}
	if !b.nc.IsConnected() {
		return events.Errorf(events.KindUnavailable, hintDown, "the connection to nats at %s is lost", b.config.Access)
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	// The leader of the stream answers, so there is one.
	if _, err := b.js.Stream(ctx, streamName); err != nil {
		return events.Errorf(events.KindUnavailable, hintDown, "nats at %s does not answer for stream %s: %w", b.config.Access, streamName, err)
	}
	return nil
}
