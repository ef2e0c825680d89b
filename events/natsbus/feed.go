package natsbus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// feedBeat is how often the server says that a feed is still there, and
	// feedSilence how long a feed may say nothing before it is taken for lost.
	feedBeat    = 5 * time.Second
	feedSilence = 3 * feedBeat
	// askWait is how long a feed that must have more may say nothing before the
	// server is asked again what is there, and maxAsks how often that is done.
	askWait = 100 * time.Millisecond
	maxAsks = 20
)

var (
	errFeedLost  = errors.New("the server does not send any more")
	errFeedQuiet = errors.New("nothing has come")
)

// feed delivers what is stored below a subject, in order, and then what is stored
// next. The server pushes it, so it costs one request whatever there is.
type feed struct {
	bus      *Bus
	stream   string
	sub      *nats.Subscription
	inbox    *inbox
	consumer string
	// received counts the messages, as the server does: a gap is a loss.
	received uint64
	// revision is that of the last message.
	revision uint64
}

// follow calls read with a feed of its own. A new connection ends it as lost,
// since the server forgot the feed with the old one.
func (b *Bus) follow(
	ctx context.Context, stream, subject string, read func(context.Context, *feed) (bool, error),
) (more bool, err error) {
	during, end := b.links.during(ctx)
	defer end()
	f, err := b.openFeed(during, stream, subject)
	if err == nil {
		defer f.close()
		more, err = read(during, f)
	}
	if err != nil && during.Err() != nil && ctx.Err() == nil {
		err = errFeedLost
	}
	return more, err
}

// openFeed begins with the oldest message. The consumer has a name of our choice,
// so that one request which is tried again makes one consumer.
func (b *Bus) openFeed(ctx context.Context, stream, subject string) (*feed, error) {
	address, in := b.nc.NewInbox(), newInbox()
	sub, err := b.nc.Subscribe(address, in.put)
	if err != nil {
		return nil, err
	}
	f := &feed{bus: b, stream: stream, sub: sub, inbox: in, consumer: newID()}
	err = persist(ctx, func(ctx context.Context) error {
		_, err := b.js.CreateOrUpdatePushConsumer(ctx, stream, jetstream.ConsumerConfig{
			Name: f.consumer, FilterSubject: subject, DeliverSubject: address, DeliverPolicy: jetstream.DeliverAllPolicy,
			AckPolicy: jetstream.AckNonePolicy, FlowControl: true, IdleHeartbeat: feedBeat, MemoryStorage: true, Replicas: 1,
		})
		return err
	})
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// close takes the consumer off the server. Nobody waits for the answer: without
// the subscription the server would remove it a little later.
func (f *feed) close() {
	err := errors.Join(
		f.sub.Unsubscribe(),
		f.bus.nc.Publish(f.bus.config.api()+"CONSUMER.DELETE."+f.stream+"."+f.consumer, nil),
	)
	if err != nil {
		f.bus.config.Log.Debug("close feed", "stream", f.stream, "error", err)
	}
}

// next waits for a message. Errors: errFeedQuiet when the server has sent nothing
// for the given time, errFeedLost.
func (f *feed) next(ctx context.Context, silence time.Duration) (*nats.Msg, error) {
	for {
		msg, err := f.receive(ctx, silence)
		if err != nil {
			return nil, err
		}
		if msg.Header.Get("Status") == "" {
			return msg, f.count(msg)
		}
		if err := f.control(msg); err != nil {
			return nil, err
		}
	}
}

func (f *feed) receive(ctx context.Context, silence time.Duration) (*nats.Msg, error) {
	once, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	msg, err := f.inbox.next(once)
	switch {
	case err == nil:
		return msg, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, errFeedQuiet
}

// control answers what the server says beside the messages: it waits for us now
// and then, so that we are never behind by more than it allows.
func (f *feed) control(msg *nats.Msg) error {
	if msg.Header.Get("Status") != "100" {
		return fmt.Errorf("%w: %s", errFeedLost, msg.Header.Get("Description"))
	}
	if stalled := msg.Header.Get("Nats-Consumer-Stalled"); stalled != "" {
		return f.bus.nc.Publish(stalled, nil)
	}
	if msg.Reply != "" {
		return msg.Respond(nil)
	}
	return nil
}

func (f *feed) count(msg *nats.Msg) error {
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	f.received++
	if meta.Sequence.Consumer != f.received {
		return fmt.Errorf("%w: message %d came instead of %d", errFeedLost, meta.Sequence.Consumer, f.received)
	}
	f.revision = meta.Sequence.Stream
	return nil
}
