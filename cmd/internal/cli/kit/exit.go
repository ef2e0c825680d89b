package kit

import (
	"context"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

// Exit codes, as the table below explains them.
const (
	ExitDone         = 0
	ExitUnexpected   = 1
	ExitUsage        = 2
	ExitNotFound     = 3
	ExitPartly       = 4
	ExitRefused      = 5
	ExitFailed       = 6
	ExitInconclusive = 7
	ExitAborted      = 8
	ExitDrift        = 9
	ExitInterrupted  = 130
)

// ExitMeaning explains an exit code.
type ExitMeaning struct {
	Code    int    `json:"exit"`
	Meaning string `json:"meaning"`
}

// ExitCodes is the contract with scripts; `help exit-codes` prints it.
func ExitCodes() []ExitMeaning {
	return []ExitMeaning{
		{ExitDone, "done; for a run: passed"},
		{ExitUnexpected, "unexpected error"},
		{ExitUsage, "usage or invalid spec"},
		{ExitNotFound, "not found"},
		{ExitPartly, "partly done (the output lists done, failed, not tried)"},
		{ExitRefused, "refused by a guard"},
		{ExitFailed, "run failed: the hypothesis did not hold"},
		{ExitInconclusive, "run inconclusive: not enough evidence"},
		{ExitAborted, "run aborted (stop button, abort condition)"},
		{ExitDrift, "drift or difference found"},
		{ExitInterrupted, "interrupted"},
	}
}

// kindCodes maps the kinds of errors that services give to exit codes.
func kindCodes() map[events.Kind]int {
	return map[events.Kind]int{
		events.KindInternal:    ExitUnexpected,
		events.KindInvalid:     ExitUsage,
		events.KindNotFound:    ExitNotFound,
		events.KindPartial:     ExitPartly,
		events.KindRefused:     ExitRefused,
		events.KindDrift:       ExitDrift,
		events.KindUnavailable: ExitUnexpected,
	}
}

// codeOf is the code of a kind. One that this version does not know, such as that of a
// later server, is an error as well.
func codeOf(kind events.Kind) int {
	if code, known := kindCodes()[kind]; known {
		return code
	}
	return ExitUnexpected
}

// Outcome ends a command whose result is shown already, with the exit code that the
// result means.
type Outcome struct{ Code int }

// Error names the code; it is never shown.
func (e Outcome) Error() string { return fmt.Sprintf("exit %d", e.Code) }

// ExitCode is the code that an error means. An interrupted context wins over what
// the interruption made fail.
func ExitCode(ctx context.Context, err error) int {
	if err == nil {
		return ExitDone
	}
	if o, ok := errors.AsType[Outcome](err); ok {
		return o.Code
	}
	if ctx.Err() != nil {
		return ExitInterrupted
	}
	if _, ok := errors.AsType[UsageError](err); ok {
		return ExitUsage
	}
	if e, ok := errors.AsType[*events.Error](err); ok {
		return codeOf(e.Kind)
	}
	if _, ok := errors.AsType[events.Problems](err); ok {
		return ExitUsage
	}
	return ExitUnexpected
}
