package natsbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// orphanAge is how old the mark of an open Put must be before it is taken for one
// whose process is gone.
const orphanAge = time.Hour

// put is an object on its way to the store.
type put struct {
	id     string
	head   []byte
	chunks [][]byte
}

func newPut(data []byte) put {
	n := min(len(data), chunkSize)
	return put{id: newID(), head: data[:n], chunks: slices.Collect(slices.Chunk(data[n:], chunkSize))}
}

// newID is unique, and fits a subject and the name of a consumer.
func newID() string {
	return strings.ReplaceAll(strings.TrimPrefix(nats.NewInbox(), nats.InboxPrefix), ".", "-")
}

// mark is the subject that says that chunks of the Put may be without a head.
func (o *objects) mark(name, put string) string { return o.prefix + name + "." + put }

func (o *objects) chunk(name, put string, i int) string {
	return o.mark(name, put) + "." + strconv.Itoa(i)
}

// markPut says that the chunks of the Put may be without a head from now on.
func (o *objects) markPut(ctx context.Context, name, put string, chunks int) error {
	if chunks == 0 {
		return nil
	}
	return o.publish(ctx, &nats.Msg{Subject: o.mark(name, put)})
}

// unmarkPut says that the chunks of the Put have their head.
func (o *objects) unmarkPut(ctx context.Context, name, put string, chunks int) error {
	if chunks == 0 {
		return nil
	}
	return o.purge(ctx, o.mark(name, put))
}

// dropChunks removes the chunks of a Put that has no head, and then its mark.
func (o *objects) dropChunks(ctx context.Context, name, put string, chunks int) error {
	if chunks == 0 {
		return nil
	}
	if err := o.purge(ctx, o.mark(name, put)+".>"); err != nil {
		return err
	}
	return o.purge(ctx, o.mark(name, put))
}

func (o *objects) writeChunks(ctx context.Context, name string, put put) error {
	err := o.markPut(ctx, name, put.id, len(put.chunks))
	for i, chunk := range put.chunks {
		if err == nil {
			err = o.publish(ctx, &nats.Msg{Subject: o.chunk(name, put.id, i), Data: chunk})
		}
	}
	return err
}

func (o *objects) publish(ctx context.Context, msg *nats.Msg, opts ...jetstream.PublishOpt) error {
	return o.bus.transfer(ctx, func(ctx context.Context) error {
		_, err := o.bus.js.PublishMsg(ctx, msg, append(opts, jetstream.WithExpectStream(objectStream+o.name))...)
		return err
	})
}

func (o *objects) purge(ctx context.Context, subject string, opts ...jetstream.StreamPurgeOpt) error {
	return o.bus.transfer(ctx, func(ctx context.Context) error {
		return o.stream.Purge(ctx, append(opts, jetstream.WithPurgeSubject(subject))...)
	})
}

func (o *objects) last(ctx context.Context, subject string) (msg *jetstream.RawStreamMsg, err error) {
	err = o.bus.transfer(ctx, func(ctx context.Context) (err error) {
		msg, err = o.stream.GetLastMsgForSubject(ctx, subject)
		return err
	})
	return msg, err
}

// head reads what there is of the object; the zero value when there is nothing.
func (o *objects) head(ctx context.Context, name string) (head, error) {
	msg, err := o.last(ctx, o.prefix+name)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return head{}, nil
	}
	if err != nil {
		return head{}, err
	}
	chunks, err := strconv.Atoi(msg.Header.Get(headChunks))
	if err != nil {
		return head{}, fmt.Errorf("header %s: %w", headChunks, err)
	}
	return head{revision: msg.Sequence, put: msg.Header.Get(headPut), chunks: chunks, data: msg.Data}, nil
}

// errIncomplete says that not every chunk of an object is there.
var errIncomplete = errors.New("a part of it is missing")

// read completes the object of the head. Errors: errIncomplete.
func (o *objects) read(ctx context.Context, name string, h head) ([]byte, error) {
	if h.chunks == 0 {
		return h.data, nil
	}
	data := h.data
	_, err := o.bus.follow(ctx, objectStream+o.name, o.mark(name, h.put)+".*", func(ctx context.Context, f *feed) (bool, error) {
		for range h.chunks {
			msg, err := f.next(ctx, askWait)
			if err != nil {
				return false, err
			}
			data = append(data, msg.Data...)
		}
		return true, nil
	})
	if errors.Is(err, errFeedQuiet) || errors.Is(err, errFeedLost) {
		return nil, errIncomplete
	}
	return data, err
}

// sweep removes the chunks of puts whose process died, that long ago at least. It asks for the marks, of
// which there are none as a rule, and not for the objects.
func (o *objects) sweep(ctx context.Context, age time.Duration) error {
	var marks map[string]uint64
	err := persist(ctx, func(ctx context.Context) error {
		info, err := o.stream.Info(ctx, jetstream.WithSubjectFilter(o.prefix+"*.*"))
		if err == nil {
			marks = info.State.Subjects
		}
		return err
	})
	if err != nil {
		return err
	}
	for subject := range marks {
		name, put, _ := strings.Cut(strings.TrimPrefix(subject, o.prefix), ".")
		if err := o.sweepPut(ctx, name, put, age); err != nil {
			return fmt.Errorf("sweep object %s: %w", name, err)
		}
	}
	return nil
}

func (o *objects) sweepPut(ctx context.Context, name, put string, age time.Duration) error {
	mark, err := o.last(ctx, o.mark(name, put))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil || time.Since(mark.Time) < age {
		return err
	}
	h, err := o.head(ctx, name)
	if err != nil {
		return err
	}
	if h.put == put {
		return o.unmarkPut(ctx, name, put, 1)
	}
	return o.dropChunks(ctx, name, put, 1)
}
