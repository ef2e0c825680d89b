package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/shakedown-dev/shakedown/events"
)

// Exit codes, as the table below explains them.
const (
	exitDone         = 0
	exitUnexpected   = 1
	exitUsage        = 2
	exitNotFound     = 3
	exitPartly       = 4
	exitRefused      = 5
	exitFailed       = 6
	exitInconclusive = 7
	exitAborted      = 8
	exitDrift        = 9
	exitInterrupted  = 130
)

type exitMeaning struct {
	Code    int    `json:"exit"`
	Meaning string `json:"meaning"`
}

// exitCodes is the contract with scripts; `help exit-codes` prints it.
func exitCodes() []exitMeaning {
	return []exitMeaning{
		{exitDone, "done; for a run: passed"},
		{exitUnexpected, "unexpected error"},
		{exitUsage, "usage or invalid spec"},
		{exitNotFound, "not found"},
		{exitPartly, "partly done (the output lists done, failed, not tried)"},
		{exitRefused, "refused by a guard"},
		{exitFailed, "run failed: the hypothesis did not hold"},
		{exitInconclusive, "run inconclusive: not enough evidence"},
		{exitAborted, "run aborted (stop button, abort condition)"},
		{exitDrift, "drift or difference found"},
		{exitInterrupted, "interrupted"},
	}
}

// kindCodes maps the kinds of errors that services give to exit codes.
func kindCodes() map[events.Kind]int {
	return map[events.Kind]int{
		events.KindInternal:    exitUnexpected,
		events.KindInvalid:     exitUsage,
		events.KindNotFound:    exitNotFound,
		events.KindPartial:     exitPartly,
		events.KindRefused:     exitRefused,
		events.KindDrift:       exitDrift,
		events.KindUnavailable: exitUnexpected,
	}
}

// verdictError ends a command whose result is shown already with the exit code
// that the verdict means.
type verdictError struct{ code int }

func (e verdictError) Error() string { return fmt.Sprintf("exit %d", e.code) }

// usageError is a command line that cannot be understood.
type usageError struct {
	err     error
	command string
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }
func (e usageError) Hint() string  { return e.command + " --help" }

// exitCode is the code that an error means. An interrupted context wins over
// what the interruption made fail.
func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitDone
	}
	if v, ok := errors.AsType[verdictError](err); ok {
		return v.code
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if e, ok := errors.AsType[*events.Error](err); ok {
		return kindCodes()[e.Kind]
	}
	if _, ok := errors.AsType[events.Problems](err); ok {
		return exitUsage
	}
	return exitUnexpected
}

// printError shows an error to a person: what, which object, why, and what to do.
func printError(w io.Writer, err error, asJSON bool) {
	if _, shown := errors.AsType[verdictError](err); shown {
		return
	}
	if asJSON {
		writeJSONLine(w, struct {
			Type  string `json:"type"`
			Error string `json:"error"`
			Hint  string `json:"hint,omitempty"`
		}{"error", err.Error(), hintOf(err)})
		return
	}
	fmt.Fprintf(w, "error: %v\n", err)
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
}

func hintOf(err error) string {
	hinter, ok := errors.AsType[interface {
		error
		Hint() string
	}](err)
	if !ok {
		return ""
	}
	return hinter.Hint()
}
