package natsbus

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

// ensureBucket makes the stream below a bucket, or mends one that is there; asIs leaves
// its bounds.
func (b *Bus) ensureBucket(ctx context.Context, want jetstream.StreamConfig, asIs bool) (jetstream.Stream, error) {
	stream, err := b.open(ctx, want)
	if isFull(err) {
		return nil, events.Errorf(events.KindUnavailable, hintStore, "there is no room for its quota of %s: %w", megabytes(want.MaxBytes), err)
	}
	if err != nil {
		return nil, err
	}
	if asIs {
		have := stream.CachedInfo().Config
		want.MaxAge, want.Duplicates, want.MaxBytes = have.MaxAge, have.Duplicates, have.MaxBytes
	}
	if stream, err = b.mendBucket(ctx, stream, want); err != nil {
		return nil, err
	}
	if !stream.CachedInfo().Config.AllowMsgTTL {
		return nil, events.Errorf(events.KindUnavailable, "run nats-server 2.11 or newer", "the nats server knows no TTL of messages")
	}
	return stream, nil
}

// bucketConfig is the stream below a bucket. nats.go would make it with direct
// reads allowed, which any replica answers, also one that lags behind.
func bucketConfig(want events.Bucket) jetstream.StreamConfig {
	full := bucketPrefix + want.Name
	window := deadWindow
	if want.TTL > 0 {
		window = min(window, want.TTL)
	}
	return jetstream.StreamConfig{
		Name: "KV_" + full, Subjects: []string{"$KV." + full + ".>"},
		MaxAge: want.TTL, MaxBytes: orDefault(want.Quota, kvQuota), MaxMsgsPerSubject: 1, AllowRollup: true, DenyDelete: true, AllowDirect: false, Duplicates: window,
		AllowMsgTTL: true, SubjectDeleteMarkerTTL: markerTTL,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, Storage: jetstream.FileStorage,
	}
}

// mendBucket brings a bucket of an earlier version, or with other bounds, to what
// is wanted. What an operator changed otherwise stays.
func (b *Bus) mendBucket(ctx context.Context, stream jetstream.Stream, want jetstream.StreamConfig) (jetstream.Stream, error) {
	have := stream.CachedInfo().Config
	config := have
	config.MaxAge, config.Duplicates, config.AllowDirect, config.MaxBytes = want.MaxAge, want.Duplicates, false, want.MaxBytes
	config.AllowMsgTTL, config.SubjectDeleteMarkerTTL = true, want.SubjectDeleteMarkerTTL
	if config.MaxAge == have.MaxAge && !have.AllowDirect && config.MaxBytes == have.MaxBytes &&
		have.AllowMsgTTL && config.SubjectDeleteMarkerTTL == have.SubjectDeleteMarkerTTL {
		return stream, nil
	}
	if !have.AllowMsgTTL {
		if err := b.sweepMarks(ctx, stream); err != nil {
			return nil, err
		}
	}
	update := func(ctx context.Context) (jetstream.Stream, error) { return b.js.UpdateStream(ctx, config) }
	updated, err := b.stream(ctx, update)
	if isFull(err) {
		b.config.Log.Warn("no room for the quota of a bucket", "stream", want.Name, "quota", want.MaxBytes, "error", err)
		config.MaxBytes = have.MaxBytes
		updated, err = b.stream(ctx, update)
	}
	return updated, err
}

// sweepMarks removes the marks of deleted values that earlier versions left for
// ever. A value that is written again meanwhile has a higher sequence, and stays.
func (b *Bus) sweepMarks(ctx context.Context, stream jetstream.Stream) error {
	kv := &bucket{bus: b, name: strings.TrimPrefix(stream.CachedInfo().Config.Name, "KV_"), stream: stream}
	var marks []events.Entry
	_, err := kv.follow(ctx, func(ctx context.Context, f *feed) (bool, error) {
		return kv.catchUp(ctx, f, func(e events.Entry) bool {
			if e.Deleted {
				marks = append(marks, e)
			}
			return true
		})
	})
	if err != nil {
		return err
	}
	for _, mark := range marks {
		err := persist(ctx, func(ctx context.Context) error {
			return stream.Purge(ctx, jetstream.WithPurgeSubject("$KV."+kv.name+"."+mark.Key), jetstream.WithPurgeSequence(mark.Revision+1))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
