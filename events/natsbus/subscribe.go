package natsbus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	defaultHandlerTimeout = 30 * time.Second
	// reopenWait is the pause before a lost consumer is made again.
	reopenWait = 250 * time.Millisecond
	// pullExpiry bounds one waiting pull request; the heartbeats within it show
	// that the server is still there.
	pullExpiry = 30 * time.Second
	pullBeat   = 5 * time.Second
)

// Subscribe lets the group's members share the events of a type. A group that is
// new gets every stored event of the type.
func (b *Bus) Subscribe(ctx context.Context, s events.Subscription) (events.Subscribed, error) {
	if err := checkSubscription(s); err != nil {
		return nil, err
	}
	s.Concurrency = max(s.Concurrency, 1)
	s.Timeout = orDefault(s.Timeout, defaultHandlerTimeout)
	ctx, end, err := b.begin(ctx)
	if err != nil {
		return nil, err
	}
	g := &group{bus: b, Subscription: s, durable: durableName(s.Group, s.Type)}
	if err := g.open(ctx); err != nil {
		end()
		kind, hint := events.KindUnavailable, ""
		if isDenied(err) {
			kind, hint = events.KindRefused, hintUser
		}
		return nil, events.Errorf(kind, hint, "make consumer %s: %w", g.durable, err)
	}
	var workers sync.WaitGroup
	for range s.Concurrency {
		workers.Go(func() { g.work(ctx) })
	}
	done := make(chan struct{})
	b.work.Go(func() {
		workers.Wait()
		end()
		close(done)
	})
	return subscribed(done), nil
}

// subscribed is closed when the subscription has ended.
type subscribed <-chan struct{}

func (s subscribed) Wait() { <-s }

func checkSubscription(s events.Subscription) error {
	switch {
	case !strings.HasPrefix(s.Type, events.Prefix+"v1."):
		return events.Errorf(events.KindInvalid, "", "subscribe to %q: a type begins with %sv1.", s.Type, events.Prefix)
	case s.Group == "":
		return events.Errorf(events.KindInvalid, "", "subscribe to %s: no group", s.Type)
	case s.Handle == nil:
		return events.Errorf(events.KindInvalid, "", "subscribe %s to %s: no handler", s.Group, s.Type)
	}
	return nil
}

// group is one member's part in a group.
type group struct {
	bus *Bus
	events.Subscription
	durable string
}

func (g *group) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, end := g.bus.denials.during(ctx, g.bus.config.api()+"CONSUMER.CREATE."+streamName+"."+g.durable)
	defer end()
	consumer, err := g.bus.js.CreateOrUpdateConsumer(ctx, streamName, jetstream.ConsumerConfig{
		Durable:        g.durable,
		Description:    g.Group + " works on " + g.Type,
		FilterSubjects: append(subjectsOf(g.Type), replayPrefix+g.durable),
		DeliverPolicy:  jetstream.DeliverAllPolicy,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        g.bus.config.AckWait,
		MaxDeliver:     -1, // the attempts are counted in settle
		MaxAckPending:  maxUnacked,
	})
	return consumer, explained(ctx, err)
}

func (g *group) open(ctx context.Context) error {
	_, err := g.consumer(ctx)
	return err
}

// work handles events one after the other until ctx ends. A consumer that is
// lost is made again.
func (g *group) work(ctx context.Context) {
	for {
		err := g.pull(ctx)
		if ctx.Err() != nil {
			return
		}
		g.bus.config.Log.Warn("consumer lost, making it again", "consumer", g.durable, "error", err)
		if !events.Wait(ctx, reopenWait) {
			return
		}
	}
}

// pull asks for one event at a time, so that none waits here while the handler
// is busy and another member is free. Each request stands alone: the iterator of
// nats.go, asked for one message at a time, now and then forgets to ask for the
// next one until a heartbeat is missed.
func (g *group) pull(ctx context.Context) error {
	consumer, err := g.consumer(ctx)
	if err != nil {
		return err
	}
	for {
		msg, err := g.next(ctx, consumer)
		switch {
		case err == nil:
			g.take(ctx, msg)
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, nats.ErrTimeout), errors.Is(err, context.Canceled):
			// Nothing came, or the connection is a new one: ask again.
		case errors.Is(err, jetstream.ErrNoHeartbeat):
			if _, err := consumer.Info(ctx); errors.Is(err, jetstream.ErrConsumerNotFound) {
				return err
			}
		default:
			return err
		}
	}
}

// next waits for one event. A new connection ends the wait, since the server
// forgot the request with the old one.
func (g *group) next(ctx context.Context, consumer jetstream.Consumer) (jetstream.Msg, error) {
	ctx, end := g.bus.links.during(ctx)
	defer end()
	return consumer.Next(jetstream.FetchContext(ctx), jetstream.FetchHeartbeat(pullBeat))
}

// take works on one message and settles it.
func (g *group) take(ctx context.Context, msg jetstream.Msg) {
	meta, err := msg.Metadata()
	if err != nil {
		g.bus.config.Log.Error("message without metadata", "consumer", g.durable, "error", err)
		return
	}
	d := delivery{msg: msg, meta: meta, attempt: int(meta.NumDelivered)} //nolint:gosec // a count of attempts
	if d.attempt > g.attempts() {
		g.bury(ctx, d, fmt.Errorf("attempt %d of %d did not end: its process stopped or lost the connection", d.attempt-1, g.attempts()))
		return
	}
	e, err := events.Decode(msg.Data())
	if err != nil {
		g.bury(ctx, d, err)
		return
	}
	start := time.Now()
	err = g.handle(ctx, msg, e)
	g.bus.config.Metrics.Handled(g.Type, g.Group, time.Since(start), err)
	g.settle(ctx, d, e, err)
}

// handle calls the handler within its time, and lets the server know meanwhile that
// the event is being worked on.
func (g *group) handle(ctx context.Context, msg jetstream.Msg, e events.Envelope) (err error) {
	ctx, cancel := context.WithTimeout(ctx, g.Timeout)
	done := make(chan struct{})
	var beat sync.WaitGroup
	beat.Go(func() { g.keep(done, msg) })
	defer func() {
		cancel()
		close(done)
		beat.Wait()
	}()
	return guarded(func() error { return g.Handle(ctx, e) })
}

// keep holds on to the event while its handler runs.
func (g *group) keep(done <-chan struct{}, msg jetstream.Msg) {
	tick := time.NewTicker(g.bus.config.AckWait / 4)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if err := msg.InProgress(); err != nil {
				g.bus.config.Log.Warn("keep event", "consumer", g.durable, "error", err)
			}
		}
	}
}
