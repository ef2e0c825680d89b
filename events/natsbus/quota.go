package natsbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	// kvQuota and objectsQuota bound a bucket that asks for nothing else. The server
	// refuses to make streams whose quotas together exceed what it may store, so a
	// bucket that could be opened has its room, whatever the others hold.
	kvQuota      = 64 << 20
	objectsQuota = 256 << 20
	// createPercent of the quota is open to new values. The rest is kept for changes
	// and deletions of those that are there.
	createPercent = 90
	// usageAge is how old a measured usage may be before it is measured again.
	usageAge = time.Second
)

// The codes by which the server says that nothing more can be stored; nats.go has
// no names for them.
const (
	codeAccountFull = 10002
	codeServerFull  = 10023
	codeNoStorage   = 10047
	codeStoreFailed = 10077
)

// isFull says that the server refused a message because of a quota.
func isFull(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	if !ok {
		return false
	}
	switch api.ErrorCode {
	case codeAccountFull, codeServerFull, codeNoStorage:
		return true
	case codeStoreFailed:
		return strings.Contains(api.Description, "maximum bytes")
	default:
		return false
	}
}

// fullError says which bucket is full and what helps. Work that meets it is tried
// again, since there may be room later.
func fullError(bucket string, quota int64, err error) error {
	return events.Errorf(events.KindUnavailable, "delete what is not needed any more, or give it a shorter retention; shakedown doctor shows what is stored",
		"bucket %s %w (its quota is %s): %w", bucket, events.ErrFull, megabytes(quota), err)
}

// noSpace says that the disk below the server is full. JetStream writes nothing more
// then until it is started again, with what it has stored.
func noSpace(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.ErrorCode == codeStoreFailed && strings.Contains(api.Description, "no space left")
}

// The hints for a store that cannot write at all.
const (
	hintStore = "let the NATS server store more (max_file_store), or give it a disk of its own"
	hintDisk  = "make room on the disk of the NATS server and start that again"
	hintDown  = "check that the NATS server runs and that its disk has room; shakedown doctor asks it"
)

// unavailable makes an error for people of what the server refuses for want of room,
// or does not answer; what names the bucket or stream. Any other error stays.
func unavailable(what string, err error) error {
	_, known := errors.AsType[*events.Error](err)
	switch {
	case known:
		return err
	case noSpace(err):
		return events.Errorf(events.KindUnavailable, hintDisk, "%s: the disk %w: %w", what, events.ErrFull, err)
	case isFull(err):
		return events.Errorf(events.KindUnavailable, hintStore, "%s: the store %w: %w", what, events.ErrFull, err)
	case noAnswer(err):
		return events.Errorf(events.KindUnavailable, hintDown, "%s: the store does not answer: %w", what, err)
	}
	return err
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// room knows how much of a bucket is used, well enough to keep the rest for what
// must not be refused.
type room struct {
	mu       sync.Mutex
	measured time.Time
	used     int64
}

var errNoRoom = errors.New("what is left is kept for changes of what is there")

// enter says whether a new value of the size fits.
func (r *room) enter(ctx context.Context, stream jetstream.Stream, size int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	quota := stream.CachedInfo().Config.MaxBytes
	limit := quota * createPercent / 100
	if quota <= 0 {
		return nil
	}
	if time.Since(r.measured) > usageAge || r.used+size > limit {
		info, err := stream.Info(ctx)
		if err != nil {
			return err
		}
		r.measured, r.used = time.Now(), int64(info.State.Bytes) //nolint:gosec // below the quota
	}
	if r.used+size > limit {
		return errNoRoom
	}
	r.used += size
	return nil
}

// Usage lists what each bucket and stream stores.
func (b *Bus) Usage(ctx context.Context) (events.StoreUsage, error) {
	var usage events.StoreUsage
	err := persist(ctx, func(ctx context.Context) error {
		usage.Buckets = nil
		list := b.js.ListStreams(ctx)
		for info := range list.Info() {
			if name, ours := usageName(info.Config.Name); ours {
				usage.Buckets = append(usage.Buckets, events.BucketUsage{
					Bucket: name, Quota: max(info.Config.MaxBytes, 0), Replicas: info.Config.Replicas,
					Bytes: int64(info.State.Bytes), Values: int64(info.State.Msgs), //nolint:gosec // sizes
				})
			}
		}
		return list.Err()
	})
	if err != nil {
		return events.StoreUsage{}, events.Errorf(events.KindUnavailable, "", "list buckets: %w", err)
	}
	slices.SortFunc(usage.Buckets, func(a, b events.BucketUsage) int { return strings.Compare(a.Bucket, b.Bucket) })
	return usage, nil
}

func usageName(stream string) (name string, ours bool) {
	if kv, ok := strings.CutPrefix(stream, "KV_"+bucketPrefix); ok {
		return kv, true
	}
	if o, ok := strings.CutPrefix(stream, objectStream); ok {
		return "objects/" + o, true
	}
	switch stream {
	case streamName:
		return events.StreamUsage + "events", true
	case deadName:
		return events.StreamUsage + "dead-letters", true
	}
	return "", false
}
