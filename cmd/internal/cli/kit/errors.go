package kit

import (
	"errors"
	"fmt"
	"io"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// UsageError is a command line that cannot be understood.
type UsageError struct {
	Err error
	// Command is the command whose help explains it.
	Command string
}

// Usagef makes a UsageError.
func Usagef(command, format string, args ...any) UsageError {
	return UsageError{fmt.Errorf(format, args...), command}
}

// Error says what is wrong.
func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap is what the parser of the command line said.
func (e UsageError) Unwrap() error { return e.Err }

// Hint is the help to read.
func (e UsageError) Hint() string { return e.Command + " --help" }

// Invalid is an error about what the user gave, with a hint.
func Invalid(hint, format string, args ...any) error {
	return events.Errorf(events.KindInvalid, hint, format, args...)
}

// PrintError shows an error to a person: what, which object, why, and what to do.
// That of an Outcome is shown already.
func PrintError(w io.Writer, err error, asJSON bool) {
	if _, shown := errors.AsType[Outcome](err); shown {
		return
	}
	hint := HintOf(err)
	if asJSON {
		writeJSONLine(w, struct {
			Type  string `json:"type"`
			Error string `json:"error"`
			Hint  string `json:"hint,omitempty"`
		}{"error", err.Error(), hint})
		return
	}
	fmt.Fprintf(w, "error: %s\n", html.Plain(err.Error()))
	if hint != "" {
		fmt.Fprintf(w, "hint: %s\n", html.Plain(hint))
	}
}

// HintOf is what the user can do about an error, "" when nobody said.
func HintOf(err error) string {
	hinter, ok := errors.AsType[interface {
		error
		Hint() string
	}](err)
	if !ok {
		return ""
	}
	return hinter.Hint()
}
