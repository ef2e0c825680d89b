package work

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// maxSummary bounds what is remembered of one row, in bytes.
const maxSummary = 64 << 10

// Deps are what a queue stands on; all of them must be set.
type Deps struct {
	Store events.Store
	Bus   events.Bus
	// Owner is the id of this server, the same after a restart.
	Owner string
	Now   func() time.Time
	Log   *slog.Logger
}

// Config says how a queue works.
type Config[T any] struct {
	// Name of the queue and of its bucket. Ended rows are remembered in Name_ended.
	Name string
	// Lease is how long a server that says nothing keeps a row.
	Lease time.Duration
	// Parallel bounds the rows that this server works on at once.
	Parallel int
	// MaxAge is how old a request may be when it is recorded.
	MaxAge time.Duration
	// Keep is how long the end of a row is remembered. It must be longer than
	// MaxAge, so that a request that comes again is never new. Beyond the middle of
	// the two a request that nobody knows is ErrForgotten.
	Keep time.Duration
	// Latest lets a later request for an id take the place of an earlier one; without
	// it an id stands for one request for ever.
	Latest bool
	// Superseded is called within the write by which a later request takes the place
	// of an earlier one, whether that is in work, waits for its next attempt, or was
	// left by a server that is gone; not for one that has ended. It may Post into next
	// what is to be published about the earlier one, with an id that depends on the two
	// events only: it may be called again for them. What it posts is published before the handler is
	// called for next. An error of it keeps the later request from being recorded.
	// nil does nothing.
	Superseded func(old Row[T], next *Row[T]) error
	// Pause is the wait after the first failed attempt, doubled up to MaxPause.
	Pause, MaxPause time.Duration
	// Quota bounds each of the queue's two buckets in bytes; 0 means the store's
	// default.
	Quota int64
	// AsIs leaves buckets that exist with the bounds that they have: whoever works on
	// the queue for a short time decides nothing about what others keep.
	AsIs bool
	// Turns says which of the open rows may be worked on now, in order, and when to
	// ask again even if nothing changes (zero: not). It is pure. nil takes all, the
	// oldest request first.
	Turns func(open []Row[T], now time.Time) (ids []string, again time.Time)
	// Summary is what is remembered of an ended row; nil remembers its id only. Where it
	// returns nil, the summary of an earlier row of the id stays. One of
	// more than 64 KiB, or that cannot be encoded, is left out, which is logged.
	Summary func(Row[T]) any
	// Load is called when the numbers of open rows and of rows in work here have
	// changed; nil is left out.
	Load func(open, working int)
	// Checkpoint is called between any two effects, with the name of the step, so
	// that tests can end the process there; nil does nothing.
	Checkpoint func(step string)
}

// DefaultConfig are the bounds of a queue where its service has no other wish.
func DefaultConfig[T any](name string) Config[T] {
	return Config[T]{
		Name: name, Lease: 15 * time.Second, Parallel: 16, MaxAge: 24 * time.Hour, Keep: 7 * 24 * time.Hour,
		Pause: 200 * time.Millisecond, MaxPause: 5 * time.Second,
	}
}

// Validate reports every bound that cannot work, joined.
func (c Config[T]) Validate() error {
	var errs []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf("queue %s: "+format, append([]any{c.Name}, args...)...))
		}
	}
	wrong(c.Name == "" || events.Key(c.Name) != c.Name, "its name must be a key")
	wrong(c.Lease <= 0, "lease is %s, want more than 0", c.Lease)
	wrong(c.Parallel < 1, "parallel is %d, want at least 1", c.Parallel)
	wrong(c.MaxAge <= 0, "maxAge is %s, want more than 0", c.MaxAge)
	wrong(c.Keep <= c.MaxAge, "keep is %s, want more than maxAge (%s)", c.Keep, c.MaxAge)
	wrong(c.Pause <= 0 || c.MaxPause < c.Pause, "pause is %s and maxPause %s, want 0 < pause <= maxPause", c.Pause, c.MaxPause)
	return errors.Join(errs...)
}

func (c Config[T]) withDefaults() Config[T] {
	if c.Turns == nil {
		c.Turns = allTurns[T]
	}
	if c.Load == nil {
		c.Load = func(int, int) {}
	}
	if c.Checkpoint == nil {
		c.Checkpoint = func(string) {}
	}
	return c
}

func allTurns[T any](open []Row[T], _ time.Time) ([]string, time.Time) {
	ids := make([]string, 0, len(open))
	for _, r := range open {
		ids = append(ids, r.ID)
	}
	return ids, time.Time{}
}

// sure is the age up to which a request that was ever recorded is known: what ended
// is remembered for Keep, and half of what is beyond MaxAge is left for clocks that
// differ.
func (c Config[T]) sure() time.Duration { return (c.MaxAge + c.Keep) / 2 }

// roomPause is the wait of an ended row for which there is no room.
func (c Config[T]) roomPause() time.Duration { return 12 * c.MaxPause }

// pause is the wait after the given number of failed attempts.
func (c Config[T]) pause(attempts int) time.Duration {
	p := c.Pause
	for range min(attempts-1, 32) {
		p = min(2*p, c.MaxPause)
	}
	return p
}

// summary is what is remembered of the row beside its id. Errors mean that it has
// none.
func (c Config[T]) summary(r Row[T]) (json.RawMessage, error) {
	if c.Summary == nil {
		return nil, nil
	}
	summary := c.Summary(r)
	if summary == nil {
		return nil, nil
	}
	raw, err := json.Marshal(summary)
	if err != nil {
		return nil, fmt.Errorf("encode the summary of row %s: %w", r.ID, err)
	}
	if len(raw) > maxSummary {
		return nil, fmt.Errorf("the summary of row %s has %d bytes, at most %d are kept", r.ID, len(raw), maxSummary)
	}
	return raw, nil
}
