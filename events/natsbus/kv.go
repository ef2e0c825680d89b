package natsbus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

// markerTTL is how long the server keeps the mark of a deleted value, from which
// those who watch learn of it. A watch that was away for longer compares.
const markerTTL = 15 * time.Minute

// KV opens the bucket, made on first use.
func (b *Bus) KV(ctx context.Context, want events.Bucket) (events.KV, error) {
	if events.Key(want.Name) != want.Name {
		return nil, badName("bucket", want.Name)
	}
	kv := &bucket{bus: b, name: bucketPrefix + want.Name}
	var err error
	if kv.stream, err = b.ensureBucket(ctx, bucketConfig(want), want.AsIs); err != nil {
		return nil, storeError("open bucket", want.Name, err)
	}
	err = b.transfer(ctx, func(ctx context.Context) (err error) {
		kv.kv, err = b.js.KeyValue(ctx, kv.name)
		return err
	})
	if err != nil {
		return nil, storeError("open bucket", want.Name, err)
	}
	return kv, nil
}

// bucket is one KV. Reads are tried again while the server does not answer;
// writes are not, since nobody could tell the first from the second.
type bucket struct {
	bus    *Bus
	name   string
	stream jetstream.Stream
	kv     jetstream.KeyValue
	room   room
}

func (b *bucket) Get(ctx context.Context, key string) ([]byte, uint64, error) {
	var entry jetstream.KeyValueEntry
	err := persist(ctx, func(ctx context.Context) (err error) {
		entry, err = b.kv.Get(ctx, key)
		return err
	})
	if err != nil {
		return nil, 0, b.error("read", key, err)
	}
	return entry.Value(), entry.Revision(), nil
}

// Create keeps some room for changes of the values that are there.
func (b *bucket) Create(ctx context.Context, key string, value []byte) (uint64, error) {
	ctx, end := b.writing(ctx, key)
	defer end()
	if err := b.room.enter(ctx, b.stream, int64(len(value))); err != nil {
		return 0, b.error("create", key, err)
	}
	for {
		revision, err := b.kv.Create(ctx, key, value)
		if !isConflict(err) {
			return revision, b.error("create", key, explained(ctx, err))
		}
		// The mark of a deleted value that expires meanwhile is a conflict too.
		switch _, err := b.kv.Get(ctx, key); {
		case err == nil:
			return 0, storeError("create", key, events.ErrExists)
		case !errors.Is(err, jetstream.ErrKeyNotFound):
			return 0, storeError("create", key, err)
		}
	}
}

func (b *bucket) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	ctx, end := b.writing(ctx, key)
	defer end()
	next, err := b.kv.Update(ctx, key, value, revision)
	return next, b.error("update", key, explained(ctx, err))
}

// Delete leaves a mark that the server removes after a while.
func (b *bucket) Delete(ctx context.Context, key string, revision uint64) error {
	ctx, end := b.writing(ctx, key)
	defer end()
	opts := []jetstream.KVDeleteOpt{jetstream.PurgeTTL(markerTTL)}
	if revision != 0 {
		opts = append(opts, jetstream.LastRevision(revision))
	}
	return b.error("delete", key, explained(ctx, b.kv.Purge(ctx, key, opts...)))
}

// writing derives the context of one write, which also ends when the server denies it.
func (b *bucket) writing(ctx context.Context, key string) (context.Context, func()) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	ctx, end := b.bus.denials.during(ctx, "$KV."+b.name+"."+key)
	return ctx, func() { end(); cancel() }
}

func (b *bucket) error(what, key string, err error) error {
	name := strings.TrimPrefix(b.name, bucketPrefix)
	if errors.Is(err, errNoRoom) || isFull(err) {
		err = fullError(name, b.stream.CachedInfo().Config.MaxBytes, err)
	}
	return storeError(what, key, unavailable("bucket "+name, err))
}

// lastRevision is the highest that is stored, 0 in an empty bucket. The leader
// answers, so it is not lower than that of any write that has returned.
func (b *bucket) lastRevision(ctx context.Context) (last uint64, err error) {
	err = persist(ctx, func(ctx context.Context) error {
		// For ">" alone the server would find nothing when the last message is gone.
		msg, err := b.stream.GetLastMsgForSubject(ctx, "$KV."+b.name+".>")
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err == nil {
			last = msg.Sequence
		}
		return err
	})
	return last, err
}

func storeError(what, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrKeyNotFound), errors.Is(err, jetstream.ErrKeyDeleted):
		err = events.ErrNotFound
	case isConflict(err):
		err = events.ErrConflict
	case errors.Is(err, jetstream.ErrInvalidKey):
		return events.Errorf(events.KindInvalid, "", "%s %q: %w", what, key, err)
	}
	return fmt.Errorf("%s %s: %w", what, key, err)
}

func isConflict(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// isRefused says that the server has answered and written nothing.
func isRefused(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && !noAnswer(api)
}
