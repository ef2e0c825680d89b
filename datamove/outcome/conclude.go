// Package outcome is what an adapter reports of one store: notes on the way, and how
// the run ended.
package outcome

import (
	"context"
	"errors"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// Conclude is the part of a run that ended with err, nil for a good end, and the error
// as adapters return it: always an *events.Error. Changed says that the target is not
// as it was before the run. Nothing is refused that has changed something, so that a
// refusal then becomes partial.
func Conclude(p datamove.Part, err error, changed bool) (datamove.Part, error) {
	if err == nil {
		p.Verdict = p.Judge()
		return p, nil
	}
	e := kinded(err, changed)
	p.Verdict, p.Reason = datamove.Incomplete, e.Message
	if refuses(e.Kind) {
		p.Verdict = datamove.Refused
	}
	return p, e
}

// Error is err as adapters return it, nil for nil; see Conclude.
func Error(err error, changed bool) error {
	if err == nil {
		return nil
	}
	return kinded(err, changed)
}

func kinded(err error, changed bool) *events.Error {
	e := known(err)
	if changed && refuses(e.Kind) {
		e.Kind = events.KindPartial
	}
	return e
}

// known is the error with its whole text, of a kind.
func known(err error) *events.Error {
	if e, ok := errors.AsType[*events.Error](err); ok {
		return &events.Error{Kind: e.Kind, Message: err.Error(), Advice: e.Advice, Cause: err}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return events.Errorf(events.KindPartial, "", "interrupted: %w", err)
	}
	return events.Errorf(events.KindInternal, "", "%w", err)
}

// refuses says whether an error of the kind means that nothing was done.
func refuses(k events.Kind) bool {
	return k == events.KindRefused || k == events.KindInvalid || k == events.KindNotFound
}

// Invalid is the error of a comparison that has findings which stop a copy, nil without
// any: where nothing is compared, nothing is equal.
func Invalid(findings []datamove.Finding) error {
	for _, f := range findings {
		if f.Severity == datamove.Refusal {
			return events.Errorf(events.KindInvalid, f.Hint, "%s", f.Message)
		}
	}
	return nil
}

// Refusal is the error of those findings that stop a copy, nil without any. Its hint is
// that of the first.
func Refusal(findings []datamove.Finding) error {
	var reasons []string
	hint := ""
	for _, f := range findings {
		if f.Severity != datamove.Refusal {
			continue
		}
		reasons = append(reasons, f.Check+": "+f.Message)
		if hint == "" {
			hint = f.Hint
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	return events.Errorf(events.KindRefused, hint, "%s", strings.Join(reasons, "; "))
}
