package events

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Bus moves envelopes. It knows no payloads; Topic and Call put types on top.
// All methods may be called at the same time from several goroutines.
type Bus interface {
	// Publish stores the envelope and returns. An envelope whose ID, Source and Type
	// were seen within the dedup window, an hour, is dropped without an error.
	// Errors are retryable, except *Error of KindInvalid.
	Publish(ctx context.Context, e Envelope) error
	// Subscribe calls the handler for each event until ctx ends, and returns once
	// the subscription is in place. Wait in the returned value blocks until the
	// last handler has returned.
	Subscribe(ctx context.Context, s Subscription) (Subscribed, error)
	// Watch calls show for each event that the filter takes, in the order of the
	// stream, until ctx ends or show returns false. Nothing is acknowledged: a
	// watcher sees, it does not work. It returns nil when ctx ends.
	Watch(ctx context.Context, f Filter, show func(Envelope) bool) error
}

// Caller asks a question and waits for the answer; Responder answers. Calls are
// for reading state and for the few commands that must be answered at once.
type Caller interface {
	// Call sends the question to one member of the group that answers it. Errors:
	// *Error as the responder gave it, or of KindUnavailable when nobody answers, which
	// matches ErrUnanswered when no server is there that could.
	Call(ctx context.Context, question Envelope) (Envelope, error)
	// Respond answers the calls of the given type until ctx ends.
	Respond(ctx context.Context, callType string, answer func(context.Context, Envelope) (Envelope, error)) (Subscribed, error)
}

// Subscribed is a subscription in place.
type Subscribed interface {
	// Wait blocks until the subscription has ended and no handler runs.
	Wait()
}

// Subscription says what a group of handlers takes from the bus.
type Subscription struct {
	// Type is the full CloudEvents type, without the key.
	Type string
	// Group shares the work: each event goes to one member. It names the durable
	// consumer, so it must not change between versions.
	Group string
	// Concurrency bounds how many handlers run at once in this process; 0 means 1.
	Concurrency int
	// Timeout bounds one call of the handler; 0 means 30 s.
	Timeout time.Duration
	// Handle does the work. A nil return acknowledges the event.
	Handle func(ctx context.Context, e Envelope) error
}

// Filter chooses events for Watch. Empty fields take everything.
type Filter struct {
	// Types are full CloudEvents types.
	Types []string
	// Correlation is the run or the environment.
	Correlation string
	// Since takes stored events from that time on; zero means new events only.
	Since time.Time
	// Ready, when set, is called once the watch is in place: whatever is published
	// after that will be shown.
	Ready func()
	// UntilCaughtUp ends the watch after the events that were stored when it began.
	UntilCaughtUp bool
}

// Takes says whether the filter lets the envelope through, its time aside.
func (f Filter) Takes(e Envelope) bool {
	if f.Correlation != "" && f.Correlation != e.CorrelationID {
		return false
	}
	return len(f.Types) == 0 || slices.Contains(f.Types, e.Type)
}

// Permanent marks an error that no retry can heal: the event goes to the dead
// letters at once, with the error as the reason.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

// IsPermanent says whether err, or an error it wraps, was marked by Permanent.
func IsPermanent(err error) bool {
	_, ok := errors.AsType[permanent](err)
	return ok
}

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }
