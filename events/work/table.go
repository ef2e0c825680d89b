package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// The bounds of a write: how often it is tried while the store does not answer,
// the pause between two tries, and how long one may take.
const (
	tries    = 5
	tryPause = 100 * time.Millisecond
	tryTime  = 5 * time.Second
)

// table is a bucket with values of one type and their revisions.
type table[V any] struct{ kv events.KV }

func (t table[V]) get(ctx context.Context, id string) (V, uint64, error) {
	raw, rev, err := t.kv.Get(ctx, events.Key(id))
	if err != nil {
		var none V
		return none, 0, err
	}
	v, err := decode[V](id, raw)
	return v, rev, err
}

// decode reads the value of a key. Errors: ErrUnreadable.
func decode[V any](key string, raw []byte) (V, error) {
	var v V
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, &UnreadableError{Key: key, Raw: raw, cause: err}
	}
	return v, nil
}

// put writes the value over the given revision; 0 means that there must be none.
// Errors: events.ErrExists, events.ErrConflict.
func (t table[V]) put(ctx context.Context, id string, v V, rev uint64) (uint64, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return 0, fmt.Errorf("encode row %s: %w", id, err)
	}
	if rev == 0 {
		return t.kv.Create(ctx, events.Key(id), raw)
	}
	return t.kv.Update(ctx, events.Key(id), raw, rev)
}

// modify changes the value that is there. An error of change ends it and nothing
// is written.
func (t table[V]) modify(ctx context.Context, id string, change func(*V) error) (V, uint64, error) {
	for {
		v, rev, err := t.get(ctx, id)
		if err != nil {
			return v, rev, err
		}
		if err := change(&v); err != nil {
			return v, rev, err
		}
		next, err := t.put(ctx, id, v, rev)
		if !raced(err) {
			return v, next, err
		}
	}
}

func raced(err error) bool {
	return errors.Is(err, events.ErrConflict) || errors.Is(err, events.ErrExists)
}

// list reads all values. Those that can be read come also with an error that
// matches ErrUnreadable.
func (t table[V]) list(ctx context.Context) ([]V, error) {
	entries, err := t.kv.List(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]V, 0, len(entries))
	var bad []error
	for _, e := range entries {
		v, err := decode[V](e.Key, e.Value)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		out = append(out, v)
	}
	return out, errors.Join(bad...)
}

// retry repeats what is safe to do again while the store or the bus does not
// answer. What was done must be written down, so it outlives the end of ctx by its
// own bounds; an error that more tries cannot mend ends it.
func retry(ctx context.Context, try func(context.Context) error) error {
	var err error
	for range tries {
		if err = tryOnce(ctx, try); err == nil || final(err) {
			return err
		}
		if !events.Wait(ctx, tryPause) {
			return err
		}
	}
	return err
}

func tryOnce(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tryTime)
	defer cancel()
	return try(ctx)
}

func final(err error) bool {
	for _, e := range []error{ErrLost, ErrSuperseded, ErrKnown, ErrLate, errEnded, events.ErrNotFound, events.ErrFull} {
		if errors.Is(err, e) {
			return true
		}
	}
	_, stopped := errors.AsType[stop](err)
	return stopped
}

// stop marks an error of a caller's change, which is not tried again.
type stop struct{ error }

func (s stop) Unwrap() error { return s.error }
