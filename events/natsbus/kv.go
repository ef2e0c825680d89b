package natsbus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

// KV opens the bucket, made on first use. Its name is a key as events.Key makes
// them.
func (b *Bus) KV(ctx context.Context, name string) (events.KV, error) {
	if events.Key(name) != name {
		return nil, events.Errorf(events.KindInvalid, "", "bucket name %q must consist of letters, digits, '-' and '_'", name)
	}
	var kv jetstream.KeyValue
	err := persist(ctx, func(ctx context.Context) (err error) {
		if err := ensureStream(ctx, b.js, bucketStream(name, b.config.Replicas)); err != nil {
			return err
		}
		kv, err = b.js.KeyValue(ctx, bucketPrefix+name)
		return err
	})
	if err != nil {
		return nil, storeError("open bucket", name, err)
	}
	return &bucket{kv: kv, js: b.js}, nil
}

// bucketStream is the stream below a bucket. nats.go would make it with direct
// reads allowed, which any replica answers, also one that lags behind.
func bucketStream(name string, replicas int) jetstream.StreamConfig {
	full := bucketPrefix + name
	return jetstream.StreamConfig{
		Name: "KV_" + full, Subjects: []string{"$KV." + full + ".>"},
		MaxMsgsPerSubject: 1, AllowRollup: true, DenyDelete: true, AllowDirect: false, Duplicates: deadWindow,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, Storage: jetstream.FileStorage, Replicas: replicas,
	}
}

// bucket is one KV. Reads are tried again while the server does not answer;
// writes are not, since nobody could tell the first from the second.
type bucket struct {
	kv jetstream.KeyValue
	js jetstream.JetStream
}

func (b *bucket) Get(ctx context.Context, key string) ([]byte, uint64, error) {
	var entry jetstream.KeyValueEntry
	err := persist(ctx, func(ctx context.Context) (err error) {
		entry, err = b.kv.Get(ctx, key)
		return err
	})
	if err != nil {
		return nil, 0, storeError("read", key, err)
	}
	return entry.Value(), entry.Revision(), nil
}

func (b *bucket) Create(ctx context.Context, key string, value []byte) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	revision, err := b.kv.Create(ctx, key, value)
	if err != nil {
		return 0, storeError("create", key, existsError(err))
	}
	return revision, nil
}

func (b *bucket) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	next, err := b.kv.Update(ctx, key, value, revision)
	if err != nil {
		return 0, storeError("update", key, err)
	}
	return next, nil
}

func (b *bucket) Delete(ctx context.Context, key string, revision uint64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var opts []jetstream.KVDeleteOpt
	if revision != 0 {
		opts = append(opts, jetstream.LastRevision(revision))
	}
	if err := b.kv.Delete(ctx, key, opts...); err != nil {
		return storeError("delete", key, err)
	}
	return nil
}

// Keys asks for the subjects of the stream and leaves out those whose value is
// deleted. nats.go would make a consumer for it, which waits for ever when the
// server restarts at the wrong moment.
func (b *bucket) Keys(ctx context.Context) ([]string, error) {
	prefix := "$KV." + b.kv.Bucket() + "."
	var info *jetstream.StreamInfo
	err := persist(ctx, func(ctx context.Context) error {
		stream, err := b.js.Stream(ctx, "KV_"+b.kv.Bucket())
		if err != nil {
			return err
		}
		info, err = stream.Info(ctx, jetstream.WithSubjectFilter(prefix+">"))
		return err
	})
	if err != nil {
		return nil, storeError("list", b.kv.Bucket(), err)
	}
	var keys []string
	for _, subject := range slices.Sorted(maps.Keys(info.State.Subjects)) {
		key := strings.TrimPrefix(subject, prefix)
		_, _, err := b.Get(ctx, key)
		if errors.Is(err, events.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// existsError tells "exists already" from "was changed", which have one code on
// the wire.
func existsError(err error) error {
	if errors.Is(err, jetstream.ErrKeyExists) {
		return events.ErrExists
	}
	return err
}

func storeError(what, key string, err error) error {
	switch {
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
