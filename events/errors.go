package events

import (
	"errors"
	"fmt"
)

// ErrUnanswered is matched by the error of a call that no server answers, since none runs
// the service.
var ErrUnanswered = errors.New("nobody answers")

// Kind says what sort of error it is; the command line turns it into an exit
// code. Kinds are wire values: append only.
type Kind string

// The kinds of errors.
const (
	KindInternal    Kind = "internal"
	KindInvalid     Kind = "invalid"
	KindNotFound    Kind = "not-found"
	KindPartial     Kind = "partial"
	KindRefused     Kind = "refused"
	KindDrift       Kind = "drift"
	KindUnavailable Kind = "unavailable"
)

// Error is an error for a person: what was attempted on which object and why it
// did not work, with a command or a step that helps. It travels in answers.
type Error struct {
	Kind    Kind   `json:"kind"`
	Message string `json:"message"`
	Advice  string `json:"hint,omitempty"`
	// Cause is the wrapped error; it does not travel.
	Cause error `json:"-"`
}

// Errorf makes an Error whose message is formatted as by fmt.Errorf.
func Errorf(kind Kind, hint, format string, args ...any) *Error {
	cause := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: cause.Error(), Advice: hint, Cause: cause}
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

// Hint is what the user can do.
func (e *Error) Hint() string { return e.Advice }

// Unwrap is the cause, if it is known.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf is the kind of an error for a person, "" of any other.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}
