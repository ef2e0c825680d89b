package natsbus

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

// settleTimeout bounds what is done for an event after its handler has returned,
// also when the subscription has ended meanwhile.
const settleTimeout = 5 * time.Second

// delivery is one message in one attempt.
type delivery struct {
	msg     jetstream.Msg
	meta    *jetstream.MsgMetadata
	attempt int
}

// attempts is how often a handler is called for one event.
func (g *group) attempts() int { return len(g.bus.config.Backoff) + 1 }

// settle acknowledges, gives back, retries or buries the event, according to
// what the handler said.
func (g *group) settle(ctx context.Context, d delivery, e events.Envelope, err error) {
	log := g.bus.config.Log.With("event_id", e.ID, "type", e.Type, "group", g.Group, "attempt", d.attempt)
	switch {
	case err == nil:
		err = d.msg.Ack()
	case events.IsPermanent(err):
		g.bury(ctx, d, err)
		return
	case ctx.Err() != nil:
		log.Debug("event given back", "error", err)
		err = d.msg.Nak()
	case d.attempt >= g.attempts():
		g.bury(ctx, d, err)
		return
	default:
		wait := g.bus.config.Backoff[d.attempt-1]
		log.Warn("handler failed, will try again", "error", err, "wait", wait)
		g.bus.config.Metrics.Retried(g.Type, g.Group)
		err = d.msg.NakWithDelay(wait)
	}
	if err != nil {
		log.Warn("settle event; it will be delivered again", "error", err)
	}
}

// bury stores the event among the dead letters and only then takes it off the
// group. If that does not work it is tried again later.
func (g *group) bury(ctx context.Context, d delivery, reason error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	log := g.bus.config.Log.With("type", g.Type, "group", g.Group, "attempt", d.attempt)
	letter := newLetter(g, d, reason)
	if err := g.bus.storeLetter(ctx, letter); err != nil {
		log.Error("store dead letter; will try again", "error", err, "reason", reason)
		if err := d.msg.NakWithDelay(settleTimeout); err != nil {
			log.Warn("give event back", "error", err)
		}
		return
	}
	g.bus.config.Metrics.DeadLettered(g.Type, g.Group)
	log.Error("event given up", "reason", reason, "dead_letter", letter.ID, "event_id", letter.EventID)
	if err := d.msg.TermWithReason("stored as dead letter " + letter.ID); err != nil {
		log.Warn("end delivery of dead letter", "error", err)
	}
}
