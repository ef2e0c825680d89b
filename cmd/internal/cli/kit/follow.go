package kit

import (
	"context"

	"github.com/shakedown-dev/shakedown/events"
)

// Follow publishes a request and shows what comes of it until finished takes an event
// as the end, or ctx ends. It watches before it publishes, so nothing is missed.
func (s *Session) Follow(
	ctx context.Context, correlation string, publish func(context.Context) error, finished func(events.Envelope) bool,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	seen := false
	filter := events.Filter{Correlation: correlation, Ready: func() {
		if failed = publish(ctx); failed != nil {
			cancel()
		}
	}}
	err := s.Bus.Watch(ctx, filter, func(e events.Envelope) bool {
		seen = finished(e)
		return !seen
	})
	if failed != nil {
		return failed
	}
	if err == nil && !seen {
		return context.Cause(ctx)
	}
	return err
}
