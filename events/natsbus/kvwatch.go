package natsbus

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

// listTimeout bounds List, whatever its context allows.
const listTimeout = 30 * time.Second

// List reads the bucket from the beginning, again from the start when the server
// goes away meanwhile.
func (b *bucket) List(ctx context.Context) ([]events.Entry, error) {
	ctx, end, err := b.bus.begin(ctx)
	if err != nil {
		return nil, storeError("list", b.name, err)
	}
	defer end()
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	for {
		entries, err := b.list(ctx)
		if err == nil {
			return entries, nil
		}
		if !errors.Is(err, errFeedLost) || !events.Wait(ctx, retryWait) {
			return nil, storeError("list", b.name, err)
		}
	}
}

func (b *bucket) list(ctx context.Context) ([]events.Entry, error) {
	last, err := b.lastRevision(ctx)
	if err != nil || last == 0 {
		return nil, err
	}
	found := make(map[string]events.Entry)
	_, err = b.follow(ctx, func(ctx context.Context, f *feed) (bool, error) {
		return b.catchUp(ctx, f, func(e events.Entry) bool {
			if e.Deleted {
				delete(found, e.Key)
			} else {
				found[e.Key] = e
			}
			return true
		})
	})
	if err != nil {
		return nil, err
	}
	entries := make([]events.Entry, 0, len(found))
	for _, key := range slices.Sorted(maps.Keys(found)) {
		entries = append(entries, found[key])
	}
	return entries, nil
}

// follow calls read with a feed of the bucket. A value is stored once only, so it
// begins with the last value of each key; marks of deleted values come too.
func (b *bucket) follow(ctx context.Context, read func(context.Context, *feed) (bool, error)) (more bool, err error) {
	return b.bus.follow(ctx, "KV_"+b.name, "$KV."+b.name+".>", read)
}

// catchUp shows what was there when it began, or has taken its place since, until
// show returns false. It ends when the server has nothing that was not delivered:
// the entries come in order, so none that is stored can be missing then.
func (b *bucket) catchUp(ctx context.Context, f *feed, show func(events.Entry) bool) (more bool, err error) {
	for asked := 0; asked < maxAsks; asked++ {
		last, err := b.lastRevision(ctx)
		if err != nil || last <= f.revision {
			return err == nil, err
		}
		before := f.revision
		more, err := b.upTo(ctx, f, last, show)
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
func (b *bucket) upTo(ctx context.Context, f *feed, last uint64, show func(events.Entry) bool) (more bool, err error) {
	for f.revision < last {
		e, err := b.next(ctx, f, askWait)
		if err != nil {
			return false, err
		}
		if !show(e) {
			return false, nil
		}
	}
	return true, nil
}

func (b *bucket) next(ctx context.Context, f *feed, silence time.Duration) (events.Entry, error) {
	msg, err := f.next(ctx, silence)
	if err != nil {
		return events.Entry{}, err
	}
	deleted := msg.Header.Get("KV-Operation") != "" || msg.Header.Get(jetstream.MarkerReasonHeader) != ""
	key := strings.TrimPrefix(msg.Subject, "$KV."+b.name+".")
	return events.Entry{Key: key, Value: msg.Data, Revision: f.revision, Deleted: deleted}, nil
}

// Watch follows the bucket, and reads it anew whenever the feed was lost.
func (b *bucket) Watch(ctx context.Context, show func(events.Entry) bool, caughtUp func()) error {
	outer := ctx
	ctx, end, err := b.bus.begin(ctx)
	if err != nil {
		return storeError("watch", b.name, err)
	}
	defer end()
	w := &kvWatch{bucket: b, show: show, caughtUp: caughtUp, known: make(map[string]shown)}
	for {
		more, err := b.follow(ctx, w.read)
		switch {
		case err == nil && !more, outer.Err() != nil:
			return nil
		case ctx.Err() != nil:
			return storeError("watch", b.name, errClosed)
		case !errors.Is(err, errFeedLost) && !errors.Is(err, errFeedQuiet) && !noAnswer(err):
			return storeError("watch", b.name, err)
		}
		b.bus.config.Log.Debug("watch of a bucket begins again", "bucket", b.name, "error", err)
		events.Wait(ctx, retryWait)
	}
}

// kvWatch remembers what was shown, so that a feed which begins anew shows what
// has changed meanwhile and nothing else.
type kvWatch struct {
	bucket   *bucket
	show     func(events.Entry) bool
	caughtUp func()
	known    map[string]shown
	// round counts the feeds.
	round int
}

type shown struct {
	revision uint64
	// round is the last one in which the value was there.
	round int
}

func (w *kvWatch) read(ctx context.Context, f *feed) (more bool, err error) {
	w.round++
	if more, err := w.bucket.catchUp(ctx, f, w.take); err != nil || !more {
		return false, err
	}
	if !w.showGone() {
		return false, nil
	}
	if w.caughtUp != nil {
		w.caughtUp()
		w.caughtUp = nil
	}
	for {
		e, err := w.bucket.next(ctx, f, feedSilence)
		if err != nil {
			return false, err
		}
		if !w.take(e) {
			return false, nil
		}
	}
}

// take shows an entry that is news.
func (w *kvWatch) take(e events.Entry) (more bool) {
	before, known := w.known[e.Key]
	if e.Deleted {
		delete(w.known, e.Key)
		return !known || w.show(e)
	}
	w.known[e.Key] = shown{revision: e.Revision, round: w.round}
	return before.revision == e.Revision || w.show(e)
}

// showGone shows the values that were deleted so long ago that their marks are
// gone as well. A deletion has a higher revision than what it deleted.
func (w *kvWatch) showGone() (more bool) {
	for _, key := range slices.Sorted(maps.Keys(w.known)) {
		last := w.known[key]
		if last.round == w.round {
			continue
		}
		delete(w.known, key)
		if !w.show(events.Entry{Key: key, Revision: last.revision + 1, Deleted: true}) {
			return false
		}
	}
	return true
}
