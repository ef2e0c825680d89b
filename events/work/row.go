package work

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Row is one piece of work as it is stored. Handlers change Body, and Outbox by
// Post and Withdraw; the rest belongs to the queue.
type Row[T any] struct {
	ID string `json:"id"`
	// Asked is the event that asked for it.
	Asked events.Meta `json:"asked"`
	Body  T           `json:"body"`
	Lease Lease       `json:"lease,omitzero"`
	// Attempts is how often a handler has returned an error.
	Attempts int `json:"attempts,omitempty"`
	// Pause is how long it is left alone after a failed attempt, by the clock of each
	// server, from the moment on at which that has seen it given back.
	Pause events.Duration `json:"pause,omitempty"`
	// Outbox are events that are decided but perhaps not published yet.
	Outbox []events.Envelope `json:"outbox,omitempty"`
	// Ended is when the work was done. Such a row is only waiting to leave.
	Ended time.Time `json:"ended,omitzero"`
}

// Past is what is remembered of a row that has ended.
type Past struct {
	ID    string      `json:"id"`
	Asked events.Meta `json:"asked"`
	Ended time.Time   `json:"ended"`
	// Summary is what Config.Summary made of the row, nil when it was dropped.
	Summary json.RawMessage `json:"summary,omitempty"`
}

// Post puts an event into the row's outbox, within a change. An event whose id is
// there already is not put again, so a change may be made twice.
func Post[T, P any](r *Row[T], topic events.Topic[P], m events.Meta, payload P) error {
	e, err := topic.Envelope(m, payload)
	if err != nil {
		return fmt.Errorf("post an event of row %s: %w", r.ID, err)
	}
	if !slices.ContainsFunc(r.Outbox, func(o events.Envelope) bool { return o.ID == e.ID && o.Source == e.Source }) {
		r.Outbox = append(r.Outbox, e)
	}
	return nil
}

// Withdraw takes the events of the topic out of the row's outbox, within a change.
// One that a server which is gone has published meanwhile is not called back.
func Withdraw[T, P any](r *Row[T], topic events.Topic[P]) {
	r.Outbox = slices.DeleteFunc(r.Outbox, func(e events.Envelope) bool { return e.Type == topic.Type() })
}

// Reasons why a request is not recorded, matched with errors.Is.
var (
	// ErrKnown says that the request was recorded before.
	ErrKnown = errors.New("the request was taken before")
	// ErrLate says that the request is too old, or that a later one was taken before.
	ErrLate = errors.New("the request comes too late")
	// ErrOvertaken is an ErrLate of a request that is older than the one that was
	// taken last for its id.
	ErrOvertaken = fmt.Errorf("%w: a later one was taken", ErrLate)
	// ErrForgotten is an ErrLate of a request that is so old that it may have been
	// recorded, and its outcome published, without anybody remembering: nothing must
	// be done about it, and nothing published.
	ErrForgotten = fmt.Errorf("%w: if it was taken before, its end is forgotten", ErrLate)
)

// ErrNotYet is matched by the error of a handler that waits for something outside: the row
// is tried again as after any other error, and nothing is wrong.
var ErrNotYet = errors.New("not yet")

// admit decides whether a request may take the place of what the id has seen last.
func admit(last, asked events.Meta, latest bool) error {
	switch {
	case last.ID == asked.ID:
		return ErrKnown
	case !latest:
		return fmt.Errorf("%w, by another event", ErrKnown)
	case asked.Time.Before(last.Time):
		return ErrOvertaken
	}
	return nil
}
