package natsbus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

// Watch shows the events that the filter takes, in the order of the stream. A
// server that goes away is waited for, and nothing is left out or shown twice.
func (b *Bus) Watch(ctx context.Context, f events.Filter, show func(events.Envelope) bool) error {
	s := scan{stream: streamName, since: f.Since, untilCaughtUp: f.UntilCaughtUp, ready: f.Ready}
	for _, t := range f.Types {
		s.subjects = append(s.subjects, subjectsOf(t)...)
	}
	if len(f.Types) == 0 {
		s.subjects = []string{eventSubjects}
	}
	err := b.scan(ctx, s, func(msg message) (bool, error) {
		e, err := events.Decode(msg.data)
		if err != nil {
			b.config.Log.Debug("watch leaves out what is no event", "subject", msg.subject, "error", err)
			return true, nil
		}
		return !f.Takes(e) || show(e), nil
	})
	if err != nil {
		return fmt.Errorf("watch events: %w", err)
	}
	return nil
}

// scan says which part of a stream is read.
type scan struct {
	stream   string
	subjects []string
	// from is the first sequence; since is used when from is 0; the end of the
	// stream when both are zero.
	from          uint64
	since         time.Time
	untilCaughtUp bool
	ready         func()
}

// scan shows the messages in order until ctx ends or show returns false or an
// error. It returns nil when ctx ends.
func (b *Bus) scan(ctx context.Context, s scan, show shower) error {
	outer := ctx
	ctx, end, err := b.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	err = b.read(ctx, s, show)
	switch {
	case outer.Err() != nil:
		return nil
	case ctx.Err() != nil:
		return errClosed
	}
	return err
}

func (b *Bus) read(ctx context.Context, s scan, show shower) error {
	stream, err := b.stream(ctx, func(ctx context.Context) (jetstream.Stream, error) { return b.js.Stream(ctx, s.stream) })
	if err != nil {
		return err
	}
	last := stream.CachedInfo().State.LastSeq
	consumer, err := b.consumerFor(ctx, stream, s, last)
	if isDenied(err) {
		return b.browse(ctx, stream, s, last, show)
	}
	if err != nil {
		return err
	}
	if s.ready != nil {
		s.ready()
	}
	if s.untilCaughtUp && consumer.CachedInfo().NumPending == 0 {
		return nil
	}
	messages, err := consumer.Messages(jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullBeat))
	if err != nil {
		return err
	}
	defer messages.Stop()
	// Next makes a lost consumer anew for as long as that takes, whatever ctx says.
	defer context.AfterFunc(ctx, messages.Stop)()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if errors.Is(err, jetstream.ErrNoHeartbeat) {
			continue
		}
		if err != nil {
			return err
		}
		if more, err := s.one(msg, last, show); err != nil || !more {
			return err
		}
	}
}

// message is one of a stream.
type message struct {
	subject string
	header  nats.Header
	data    []byte
	seq     uint64
	at      time.Time
}

// shower is given each message in order, and says whether it wants more.
type shower func(message) (more bool, err error)

// one shows a message, unless it came after the last one that is wanted.
func (s scan) one(msg jetstream.Msg, last uint64, show shower) (more bool, err error) {
	meta, err := msg.Metadata()
	if err != nil {
		return false, err
	}
	if s.untilCaughtUp && meta.Sequence.Stream > last {
		return false, nil
	}
	more, err = show(message{msg.Subject(), msg.Headers(), msg.Data(), meta.Sequence.Stream, meta.Timestamp})
	if err != nil || !more || !s.untilCaughtUp {
		return more, err
	}
	return meta.NumPending > 0 && meta.Sequence.Stream < last, nil
}

// consumer begins at a sequence where it can, so that the time at which the
// server makes the consumer does not matter.
func (s scan) consumer(last uint64) jetstream.OrderedConsumerConfig {
	c := jetstream.OrderedConsumerConfig{FilterSubjects: s.subjects, InactiveThreshold: time.Minute}
	switch {
	case s.from != 0:
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, s.from
	case !s.since.IsZero():
		c.DeliverPolicy, c.OptStartTime = jetstream.DeliverByStartTimePolicy, &s.since
	default:
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, last+1
	}
	return c
}
