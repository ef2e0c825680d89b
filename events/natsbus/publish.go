package natsbus

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

// Publish stores the event. It waits for a server that is away, 5 s or until ctx
// ends. Errors: *events.Error of KindInvalid for an event that can
// never be stored, of KindUnavailable otherwise; those are worth a retry.
func (b *Bus) Publish(ctx context.Context, e events.Envelope) error {
	raw, err := e.Encode()
	if err != nil {
		return events.Errorf(events.KindInvalid, "", "%w", err)
	}
	var ack *jetstream.PubAck
	ctx, end := b.denials.during(ctx, e.Address())
	defer end()
	err = persist(ctx, func(ctx context.Context) (err error) {
		msg := &nats.Msg{Subject: e.Address(), Data: raw}
		ack, err = b.js.PublishMsg(ctx, msg, jetstream.WithMsgID(messageID(e)), jetstream.WithExpectStream(streamName))
		return err
	})
	if err = explained(ctx, err); err != nil {
		return publishError(e, err)
	}
	b.config.Metrics.Published(e.Type, ack.Duplicate)
	return nil
}

func publishError(e events.Envelope, err error) error {
	kind := events.KindUnavailable
	if errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrBadSubject) {
		kind = events.KindInvalid
	}
	err = unavailable("stream "+streamName, err)
	var hint string
	if known, ok := errors.AsType[*events.Error](err); ok {
		kind, hint = known.Kind, known.Hint()
	}
	return events.Errorf(kind, hint, "store event %s: %w", e.ID, err)
}
