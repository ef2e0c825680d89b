package s3

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// sampled is how many objects are listed to learn how a source is encrypted.
const sampled = 200

// way is how objects are copied. It is decided before the first copy.
type way struct {
	// streamed is the user's wish that the server does not copy.
	streamed bool
	// inside says that the server copies. It falls back once when the server refuses.
	inside atomic.Bool
	// heads says that every object is asked for before the server copies it, because it
	// may be encrypted with a key that a copy would lose.
	heads atomic.Bool

	once sync.Once
	err  error
}

// decide finds out whether the server copies: one key pair must reach both ends. Where
// the pairs differ that is proven by reading a source object with the target's.
func (w *way) decide(ctx context.Context, from, to *end) error {
	w.once.Do(func() { w.err = w.find(ctx, from, to) })
	return w.err
}

// at is the source, asked with what the target is asked with.
func (e *end) at(source *end) *end {
	return &end{
		location: source.location, side: "source", access: e.access, client: e.client,
		limit: e.limit, retry: e.retry, now: e.now, timeout: e.timeout,
	}
}

func (w *way) find(ctx context.Context, from, to *end) error {
	if w.streamed || !from.sameServer(to.location) {
		return nil
	}
	first, _ := from.page(ctx, nil, sampled)
	if first.err != nil {
		return first.err
	}
	probe := to.at(from)
	for _, o := range pickFew(first.objects) {
		_, t, err := probe.head(ctx, o.rel, o.etag, false)
		if is(err, denied) {
			w.inside.Store(false)
			return nil
		}
		if err != nil {
			continue // it went, or cannot be read: the copy will find out
		}
		w.inside.Store(true)
		if t.encryption != "" && t.encryption != types.ServerSideEncryptionAes256 {
			w.heads.Store(true)
		}
	}
	return nil
}

// pickFew are a few of many.
func pickFew(all []object) []object {
	const few = 3
	if len(all) <= few {
		return all
	}
	return []object{all[0], all[len(all)/2], all[len(all)-1]}
}
