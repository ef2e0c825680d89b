package natsbus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	// feedBeat is how often the server says that a feed is still there, and
	// feedSilence how long a feed may say nothing before it is taken for lost.
	feedBeat    = 5 * time.Second
	feedSilence = 3 * feedBeat
	// askWait is how long a feed that has not caught up yet may say nothing before
	// the server is asked again what is there, and maxAsks how often that is done.
	askWait = 100 * time.Millisecond
	maxAsks = 20
)

var (
	errFeedLost  = errors.New("the server does not send any more")
	errFeedQuiet = errors.New("nothing has come")
)

// feed delivers what is in a bucket, in the order of the revisions, and then what
// is written next. The server pushes it, so it costs one request whatever there
// is. It delivers the marks of deleted values too.
type feed struct {
	bucket   *bucket
	sub      *nats.Subscription
	consumer string
	// received counts the messages, as the server does: a gap is a loss.
	received uint64
	// revision is that of the last entry.
	revision uint64
}

// openFeed begins with the oldest value. A value is stored once only, so that is
// the last value of each key. The consumer has a name of our choice, so that one
// request which is tried again makes one consumer.
func (b *bucket) openFeed(ctx context.Context) (*feed, error) {
	inbox := nats.NewInbox()
	sub, err := b.bus.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	f := &feed{bucket: b, sub: sub, consumer: strings.ReplaceAll(strings.TrimPrefix(inbox, nats.InboxPrefix), ".", "-")}
	err = persist(ctx, func(ctx context.Context) error {
		_, err := b.stream.CreateOrUpdatePushConsumer(ctx, jetstream.ConsumerConfig{
			Name: f.consumer, DeliverSubject: inbox, DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckNonePolicy,
			FlowControl: true, IdleHeartbeat: feedBeat, MemoryStorage: true, Replicas: 1,
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
		f.bucket.bus.nc.Publish("$JS.API.CONSUMER.DELETE.KV_"+f.bucket.name+"."+f.consumer, nil),
	)
	if err != nil {
		f.bucket.bus.config.Log.Debug("close feed", "bucket", f.bucket.name, "error", err)
	}
}

// catchUp shows what was there when it began, or has taken its place since, until
// show returns false. It ends when the server has nothing that was not delivered:
// the entries come in order, so none that is stored can be missing then.
func (f *feed) catchUp(ctx context.Context, show func(events.Entry) bool) (more bool, err error) {
	for asked := 0; asked < maxAsks; asked++ {
		last, err := f.bucket.lastRevision(ctx)
		if err != nil || last <= f.revision {
			return err == nil, err
		}
		before := f.revision
		more, err := f.upTo(ctx, last, show)
		switch {
		case err != nil && !errors.Is(err, errFeedQuiet):
			return false, err
		case err == nil && !more:
			return false, nil
		}
		if f.revision > before {
			asked = 0
		}
	}
	return false, errFeedLost
}

// upTo shows entries until one has the revision or a higher one. Nothing comes
// when the last entry has gone meanwhile.
func (f *feed) upTo(ctx context.Context, last uint64, show func(events.Entry) bool) (more bool, err error) {
	for f.revision < last {
		e, err := f.next(ctx, askWait)
		if err != nil {
			return false, err
		}
		if !show(e) {
			return false, nil
		}
	}
	return true, nil
}

// next waits for an entry. Errors: errFeedQuiet when the server has sent nothing
// for the given time, errFeedLost.
func (f *feed) next(ctx context.Context, silence time.Duration) (events.Entry, error) {
	for {
		msg, err := f.receive(ctx, silence)
		if err != nil {
			return events.Entry{}, err
		}
		if msg.Header.Get("Status") == "" {
			return f.entry(msg)
		}
		if err := f.control(msg); err != nil {
			return events.Entry{}, err
		}
	}
}

func (f *feed) receive(ctx context.Context, silence time.Duration) (*nats.Msg, error) {
	once, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	msg, err := f.sub.NextMsgWithContext(once)
	switch {
	case err == nil:
		return msg, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case once.Err() != nil:
		return nil, errFeedQuiet
	}
	return nil, fmt.Errorf("%w: %w", errFeedLost, err)
}

// control answers what the server says beside the entries: it waits for us now
// and then, so that we are never behind by more than it allows.
func (f *feed) control(msg *nats.Msg) error {
	if msg.Header.Get("Status") != "100" {
		return fmt.Errorf("%w: %s", errFeedLost, msg.Header.Get("Description"))
	}
	if stalled := msg.Header.Get("Nats-Consumer-Stalled"); stalled != "" {
		return f.bucket.bus.nc.Publish(stalled, nil)
	}
	if msg.Reply != "" {
		return msg.Respond(nil)
	}
	return nil
}

func (f *feed) entry(msg *nats.Msg) (events.Entry, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return events.Entry{}, err
	}
	f.received++
	if meta.Sequence.Consumer != f.received {
		return events.Entry{}, fmt.Errorf("%w: message %d came instead of %d", errFeedLost, meta.Sequence.Consumer, f.received)
	}
	f.revision = meta.Sequence.Stream
	deleted := msg.Header.Get("KV-Operation") != "" || msg.Header.Get(jetstream.MarkerReasonHeader) != ""
	key := strings.TrimPrefix(msg.Subject, "$KV."+f.bucket.name+".")
	return events.Entry{Key: key, Value: msg.Data, Revision: f.revision, Deleted: deleted}, nil
}
