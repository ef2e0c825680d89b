package natsbus

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

// DeadLetter is an event that a group could not handle.
type DeadLetter struct {
	// ID names the dead letter; it is what Show, Replay and Drop take.
	ID string `json:"id"`
	// Group and Type say whose work it was.
	Group string `json:"group"`
	Type  string `json:"type"`
	// EventID is empty when the event could not be read.
	EventID string `json:"eventId,omitempty"`
	// Subject is where the event was published.
	Subject string `json:"subject"`
	Reason  string `json:"reason"`
	// Attempts is how often it was delivered to the group.
	Attempts int `json:"attempts"`
	// Published is when the event was stored, Died when it was given up.
	Published time.Time `json:"published"`
	Died      time.Time `json:"died"`
	// Body is the event as it was published, byte for byte.
	Body []byte `json:"body"`
}

// The headers of a stored dead letter. The body stays as it was.
const (
	headGroup     = "Shakedown-Group"
	headType      = "Shakedown-Type"
	headEvent     = "Shakedown-Event-Id"
	headSubject   = "Shakedown-Subject"
	headReason    = "Shakedown-Reason"
	headAttempts  = "Shakedown-Attempts"
	headPublished = "Shakedown-Published"
	headConsumer  = "Shakedown-Consumer"
)

// maxReason bounds the stored reason, in bytes.
const maxReason = 8 << 10

type letter struct {
	DeadLetter
	durable string
	seq     uint64
}

func newLetter(g *group, d delivery, reason error) letter {
	text := reason.Error()
	l := letter{durable: g.durable, DeadLetter: DeadLetter{
		ID:    events.Digest(g.durable, strconv.FormatUint(d.meta.Sequence.Stream, 10), d.meta.Timestamp.UTC().String())[:12],
		Group: g.Group, Type: g.Type, Subject: d.msg.Subject(), Reason: text[:min(len(text), maxReason)],
		Attempts: d.attempt, Published: d.meta.Timestamp, Body: d.msg.Data(),
	}}
	if e, err := events.Decode(d.msg.Data()); err == nil {
		l.EventID = e.ID
	}
	return l
}

// storeLetter keeps the letter. Storing it again, after a crash, replaces it.
func (b *Bus) storeLetter(ctx context.Context, l letter) error {
	head := nats.Header{}
	for _, h := range []struct{ name, value string }{
		{headGroup, l.Group},
		{headType, l.Type},
		{headEvent, l.EventID},
		{headSubject, l.Subject},
		{headReason, l.Reason},
		{headAttempts, strconv.Itoa(l.Attempts)},
		{headPublished, l.Published.UTC().Format(time.RFC3339Nano)},
		{headConsumer, l.durable},
	} {
		head.Set(h.name, strconv.Quote(h.value)) // a header cannot hold line ends
	}
	msg := &nats.Msg{Subject: deadPrefix + l.durable + "." + l.ID, Header: head, Data: l.Body}
	if _, err := b.js.PublishMsg(ctx, msg, jetstream.WithExpectStream(deadName)); err != nil {
		return fmt.Errorf("store dead letter %s: %w", l.ID, err)
	}
	return nil
}

func readLetter(subject string, head nats.Header, seq uint64, died time.Time, body []byte) (letter, error) {
	var errs []error
	get := func(name string) string {
		raw := textproto.MIMEHeader(head).Get(name)
		value, err := strconv.Unquote(raw)
		if err != nil {
			errs = append(errs, fmt.Errorf("header %s is %q", name, raw))
		}
		return value
	}
	l := letter{durable: get(headConsumer), seq: seq, DeadLetter: DeadLetter{
		ID: subject[strings.LastIndex(subject, ".")+1:], Group: get(headGroup), Type: get(headType), EventID: get(headEvent),
		Subject: get(headSubject), Reason: get(headReason), Died: died, Body: body,
	}}
	var err error
	l.Attempts, err = strconv.Atoi(get(headAttempts))
	errs = append(errs, err)
	l.Published, err = time.Parse(time.RFC3339Nano, get(headPublished))
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil {
		return letter{}, fmt.Errorf("read dead letter %s: %w", subject, err)
	}
	return l, nil
}

// DeadLetters lists the dead letters, oldest first.
func (b *Bus) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	var list []DeadLetter
	err := b.scan(ctx, scan{stream: deadName, subjects: []string{deadPrefix + ">"}, from: 1, untilCaughtUp: true},
		func(msg message) (bool, error) {
			l, err := readLetter(msg.subject, msg.header, msg.seq, msg.at, msg.data)
			if err != nil {
				return false, err
			}
			list = append(list, l.DeadLetter)
			return true, nil
		})
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	return list, nil
}

// DeadLetter reads one. Errors: *events.Error of KindNotFound.
func (b *Bus) DeadLetter(ctx context.Context, id string) (DeadLetter, error) {
	l, err := b.letter(ctx, id)
	return l.DeadLetter, err
}

func (b *Bus) letter(ctx context.Context, id string) (letter, error) {
	unknown := events.Errorf(events.KindNotFound, "list them with: shakedown events dlq list", "no dead letter %q", id)
	if id == "" || events.Key(id) != id {
		return letter{}, unknown
	}
	stream, err := b.js.Stream(ctx, deadName)
	if err != nil {
		return letter{}, fmt.Errorf("read dead letter %s: %w", id, err)
	}
	msg, err := stream.GetLastMsgForSubject(ctx, deadPrefix+"*."+id)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return letter{}, unknown
	}
	if err != nil {
		return letter{}, fmt.Errorf("read dead letter %s: %w", id, err)
	}
	return readLetter(msg.Subject, msg.Header, msg.Sequence, msg.Time, msg.Data)
}

// Replay gives the event back to the group that failed, and to no other, with
// all its attempts anew. The dead letter is gone afterwards; if the handler fails
// again there will be a new one. Errors: *events.Error of KindNotFound.
func (b *Bus) Replay(ctx context.Context, id string) error {
	l, err := b.letter(ctx, id)
	if err != nil {
		return err
	}
	msg := &nats.Msg{Subject: replayPrefix + l.durable, Data: l.Body}
	// The sequence is part of the id: asking twice for one death is one replay.
	once := events.Digest("replay", l.ID, strconv.FormatUint(l.seq, 10))
	if _, err := b.js.PublishMsg(ctx, msg, jetstream.WithMsgID(once), jetstream.WithExpectStream(streamName)); err != nil {
		return fmt.Errorf("replay dead letter %s: %w", id, err)
	}
	return b.erase(ctx, l)
}

// Drop removes the dead letter for good. Errors: *events.Error of KindNotFound.
func (b *Bus) Drop(ctx context.Context, id string) error {
	l, err := b.letter(ctx, id)
	if err != nil {
		return err
	}
	return b.erase(ctx, l)
}

func (b *Bus) erase(ctx context.Context, l letter) error {
	stream, err := b.js.Stream(ctx, deadName)
	if err == nil {
		err = stream.DeleteMsg(ctx, l.seq)
	}
	if err != nil {
		return fmt.Errorf("remove dead letter %s: %w", l.ID, err)
	}
	return nil
}
