package kit

import (
	"context"

	"github.com/shakedown-dev/shakedown/events"
)

// Follow publishes a request and shows what comes of it until finished takes an event
// as the end, or ctx ends. It watches before it publishes, so nothing is missed. Errors:
// Interrupted when ctx ended and the request, which was published, goes on.
func (s *Session) Follow(
	ctx context.Context, correlation string, next Onward, publish func(context.Context) error, finished func(events.Envelope) bool,
) error {
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	published, seen := false, false
	filter := events.Filter{Correlation: correlation, Ready: func() {
		if failed = publish(ctx); failed != nil {
			cancel()
		}
		published = failed == nil
	}}
	err := s.Bus.Watch(ctx, filter, func(e events.Envelope) bool {
		seen = finished(e)
		return !seen
	})
	switch {
	case failed != nil:
		return failed
	case seen:
		return err
	case published && outer.Err() != nil:
		return Interrupted{Onward: next, cause: context.Cause(outer), local: s.local}
	case err == nil:
		return context.Cause(ctx)
	}
	return err
}
