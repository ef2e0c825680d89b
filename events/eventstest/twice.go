package eventstest

import (
	"context"

	"github.com/shakedown-dev/shakedown/events"
)

// Twice is the bus, but for that it calls every handler twice with the same event, as
// a delivery that is repeated does.
func Twice(b events.Bus) events.Bus { return twice{b} }

type twice struct{ events.Bus }

func (b twice) Subscribe(ctx context.Context, s events.Subscription) (events.Subscribed, error) {
	handle := s.Handle
	s.Handle = func(ctx context.Context, e events.Envelope) error {
		if err := handle(ctx, e); err != nil {
			return err
		}
		return handle(ctx, e)
	}
	return b.Bus.Subscribe(ctx, s)
}
