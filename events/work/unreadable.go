package work

import (
	"errors"
	"fmt"
)

// ErrUnreadable says that rows are stored which cannot be decoded. The error names
// each (Unreadables); a list that returns it has all the others.
var ErrUnreadable = errors.New("a row cannot be read")

// UnreadableError is an ErrUnreadable of one row.
type UnreadableError struct {
	// Key is the key of the row, Raw what is stored there.
	Key   string
	Raw   []byte
	cause error
}

// Error names the row.
func (e *UnreadableError) Error() string {
	return fmt.Sprintf("%s: %s: %s", ErrUnreadable, e.Key, e.cause)
}

// Unwrap is ErrUnreadable, and why.
func (e *UnreadableError) Unwrap() []error { return []error{ErrUnreadable, e.cause} }

// Unreadables are all rows that an error names.
func Unreadables(err error) (all []*UnreadableError) {
	if one, ok := err.(*UnreadableError); ok { //nolint:errorlint // the tree is walked here
		return []*UnreadableError{one}
	}
	switch e := err.(type) { //nolint:errorlint // the tree is walked here
	case interface{ Unwrap() error }:
		return Unreadables(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			all = append(all, Unreadables(part)...)
		}
	}
	return all
}
