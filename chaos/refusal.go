package chaos

import "errors"

// Errors that kinds of faults have in common, matched with errors.Is. To try again
// would not help.
var (
	// ErrGone says that the target, or a victim, is not there any more.
	ErrGone = errors.New("it is gone already")
	// ErrForbidden says that the server which would have to do it refuses the call.
	ErrForbidden = errors.New("the API server refuses it")
	// ErrNoTarget says that the target cannot be met: nothing matches, or less than
	// was asked for. The message says what was seen.
	ErrNoTarget = errors.New("no target")
)

// Refusal is the answer of a server that does not allow an injection now. The
// victim was not touched.
type Refusal struct {
	// Guard is the guard that the server is asked in place of.
	Guard, Seen, Advice string
}

// Error is what the server said.
func (r *Refusal) Error() string { return r.Seen }

// Untouched marks an error of Inject as an answer: the victim was not hit.
func Untouched(err error) error { return untouched{err} }

type untouched struct{ error }

// Unwrap is the error that was marked.
func (u untouched) Unwrap() error { return u.error }

// IsUntouched says whether the error of an Inject means that the victim was not hit.
func IsUntouched(err error) bool {
	var u untouched
	var r *Refusal
	return errors.As(err, &u) || errors.As(err, &r)
}
