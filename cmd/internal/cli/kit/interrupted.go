package kit

import (
	"context"
	"errors"
)

// Onward says what goes on when a command that waits for it is interrupted.
type Onward struct {
	// What goes on, such as "run x".
	What string
	// Follow and End are the commands that show it further and end it, "" if there is none.
	Follow, End string
	// Seen is what was seen of it last, "" for nothing.
	Seen string
}

// Interrupted ends a wait that was interrupted or took longer than it was given. What was
// waited for has not failed.
type Interrupted struct {
	Onward
	// cause is why the wait ended; local says that no server goes on.
	cause error
	local bool
	hint  string
}

// Error says what goes on.
func (e Interrupted) Error() string {
	text := "interrupted"
	if errors.Is(e.cause, context.DeadlineExceeded) {
		text += ", since --timeout is over"
	}
	switch {
	case e.What == "":
		return text
	case e.local:
		text += "; " + e.What + " stops here, since no server works on it"
	default:
		text += "; " + e.What + " goes on"
	}
	if e.Seen == "" {
		return text
	}
	return text + "; seen last: " + e.Seen
}

// Unwrap is why the wait ended.
func (e Interrupted) Unwrap() error { return e.cause }

// Hint is how to go on with it.
func (e Interrupted) Hint() string {
	switch {
	case e.local || e.Follow == "":
		return e.hint
	case e.End == "":
		return "follow it with: " + e.Follow
	}
	return "follow it with: " + e.Follow + "; end it with: " + e.End
}

// Interruption is the error of a command, or that it was interrupted when the error says
// no more than that. The hint is what can be done then.
func Interruption(ctx context.Context, err error, hint string) error {
	if _, said := errors.AsType[Interrupted](err); said || ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return Interrupted{cause: err, hint: hint}
}

// isInterruption says whether an error means that somebody stopped to wait.
func isInterruption(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
