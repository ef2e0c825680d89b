package natsbus

import (
	"context"
	"errors"
	"sort"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

// browsePause is how often a reader without a consumer asks for what is new.
const browsePause = 250 * time.Millisecond

// browse shows the messages of the stream one after the other, each by a request of its
// own: for a user who may only read. Who may make a consumer may do more than that, since
// it delivers to any subject.
func (b *Bus) browse(ctx context.Context, stream jetstream.Stream, s scan, last uint64, show shower) error {
	next, err := s.first(ctx, stream, last)
	if err != nil {
		return err
	}
	if s.ready != nil {
		s.ready()
	}
	for !s.untilCaughtUp || next <= last {
		msg, err := s.at(ctx, stream, next)
		switch {
		case err == nil:
			if more, err := s.browsed(msg, last, show); err != nil || !more {
				return err
			}
			next = msg.Sequence + 1
		case errors.Is(err, jetstream.ErrMsgNotFound) && s.untilCaughtUp:
			return nil
		case !errors.Is(err, jetstream.ErrMsgNotFound) && !noAnswer(err):
			return err
		case !events.Wait(ctx, browsePause):
			return ctx.Err()
		}
	}
	return nil
}

// browsed shows one message, unless it is older than what is wanted, or came too late.
func (s scan) browsed(msg *jetstream.RawStreamMsg, last uint64, show shower) (more bool, err error) {
	if s.untilCaughtUp && msg.Sequence > last {
		return false, nil
	}
	if msg.Time.Before(s.since) {
		return true, nil
	}
	return show(message{subject: msg.Subject, header: msg.Header, data: msg.Data, seq: msg.Sequence, at: msg.Time})
}

// first is where the scan begins. Of what was stored since a time, the first is searched.
func (s scan) first(ctx context.Context, stream jetstream.Stream, last uint64) (uint64, error) {
	switch {
	case s.from != 0:
		return s.from, nil
	case s.since.IsZero():
		return last + 1, nil
	}
	var failed error
	low := stream.CachedInfo().State.FirstSeq
	n := sort.Search(int(last+1-min(low, last+1)), func(i int) bool { //nolint:gosec // a count of messages
		msg, err := s.at(ctx, stream, low+uint64(i)) //nolint:gosec // not negative
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return true
		}
		if err != nil {
			failed = err
			return true
		}
		return !msg.Time.Before(s.since)
	})
	return low + uint64(n), failed //nolint:gosec // not negative
}

// at is the first message of the scan that has the sequence or a higher one. Errors:
// jetstream.ErrMsgNotFound.
func (s scan) at(ctx context.Context, stream jetstream.Stream, seq uint64) (msg *jetstream.RawStreamMsg, err error) {
	subject := s.subjects[0]
	if len(s.subjects) > 1 {
		subject = eventSubjects
	}
	err = persist(ctx, func(ctx context.Context) (err error) {
		msg, err = stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(subject))
		return err
	})
	return msg, err
}

// consumerFor makes the consumer of a scan. Errors: *events.Error of KindRefused when the
// user may make none.
func (b *Bus) consumerFor(ctx context.Context, stream jetstream.Stream, s scan, last uint64) (jetstream.Consumer, error) {
	asking, end := b.denials.during(ctx, b.config.api()+"CONSUMER.CREATE."+s.stream+".")
	defer end()
	var consumer jetstream.Consumer
	err := b.transfer(asking, func(ctx context.Context) (err error) {
		consumer, err = stream.OrderedConsumer(ctx, s.consumer(last))
		return err
	})
	return consumer, explained(asking, err)
}

func isDenied(err error) bool {
	e, ok := errors.AsType[*events.Error](err)
	return ok && e.Kind == events.KindRefused
}
