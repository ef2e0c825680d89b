package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Try sends a message to a notifier, once, whether it would tell that or not: so that a
// person finds out today what would be missed in the night. Each has a key of its own, by its
// time, so that none is taken for one that came before. Errors do not have the address.
func Try(ctx context.Context, d Document, env func(string) string, m Message) error {
	to, err := newTarget(d, env)
	if err != nil {
		return err
	}
	client := newClient(DefaultConfig())
	defer client.CloseIdleConnections()
	if err := to.send(ctx, client, events.Digest("try", to.name(), m.At.Format(time.RFC3339Nano)), m); err != nil {
		return fmt.Errorf("notifier %s: %w", to.name(), err)
	}
	return nil
}
