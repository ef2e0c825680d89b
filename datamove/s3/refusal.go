package s3

import (
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// refusal is an error of preflight, with the name of the check that refuses.
type refusal struct {
	check string
	err   *events.Error
}

// Error is that of the *events.Error, which errors.As finds.
func (r *refusal) Error() string { return r.err.Error() }

// Unwrap is the *events.Error.
func (r *refusal) Unwrap() error { return r.err }

// finding is the refusal as plans show it.
func (r *refusal) finding() datamove.Finding {
	return datamove.Finding{Severity: datamove.Refusal, Check: r.check, Message: r.err.Message, Hint: r.err.Advice}
}

// refuse is a refusal because of the bucket.
func (e *end) refuse(check, hint, format string, args ...any) error {
	return &refusal{check, events.Errorf(events.KindRefused, hint, "bucket of the %s s3://%s: %w", e.side, e.bucket, fmt.Errorf(format, args...))}
}
