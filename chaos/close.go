package chaos

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

// nothingInjected is the reason of an end that needed no revert.
const nothingInjected = "nothing was injected, so nothing had to recover"

// refuse closes the entry of a fault that touched nothing. Its end is published,
// too, when somebody asked for it.
func (e *engine) refuse(ctx context.Context, c *claim, d draft, reason, advice string) error {
	return e.finish(ctx, c, func(r *row) error {
		d.into(&r.Body)
		return e.refused(r, reason, advice)
	})
}

func (e *engine) refused(r *row, reason, advice string) error {
	r.Body.Outcome, r.Body.Note = OutcomeRefused, reason
	err := post(e, r, "refused", events.FaultRefusedTopic, events.FaultRefused{
		Fault: r.Body.Fault, Run: r.Body.Request.Run, Reason: reason, Advice: advice, Decisions: r.Body.Decisions,
	})
	if err != nil || r.Body.EndAsked == "" {
		return err
	}
	return e.announce(r, events.FaultReverted{Reason: nothingInjected})
}

// fail closes the entry of a fault that could not begin. One that was asked to end
// meanwhile is refused, for that may be why it could not.
func (e *engine) fail(ctx context.Context, c *claim, d draft, reason string) error {
	return e.finish(ctx, c, func(r *row) error {
		d.into(&r.Body)
		if r.Body.EndAsked != "" {
			return e.refused(r, r.Body.EndAsked, "")
		}
		r.Body.Outcome, r.Body.Failed, r.Body.Note = OutcomeFailed, reason, reason
		if err := post(e, r, "failed", events.FaultFailedTopic, failedEvent(r.Body)); err != nil {
			return err
		}
		return e.announce(r, events.FaultReverted{Reason: nothingInjected})
	})
}

// callOff closes the entry of a fault whose end was asked for before itself.
func (e *engine) callOff(ctx context.Context, c *claim) error {
	return e.finish(ctx, c, func(r *row) error {
		r.Body.Outcome, r.Body.Note = OutcomeRefused, r.Body.EndAsked
		return e.announce(r, events.FaultReverted{Reason: nothingInjected})
	})
}

// close reverts the fault and closes its entry. It works on when ctx has ended.
// An entry of which it is not known whether it is reverted stays open, and is
// tried again.
func (e *engine) close(ctx context.Context, c *claim, kind Kind, end ending) error {
	e.deps.Checkpoint("ending")
	residue, err := e.revert(ctx, c, kind)
	if err != nil {
		return err
	}
	e.deps.Checkpoint("reverted")
	return e.finish(ctx, c, func(r *row) error {
		r.Body.Outcome, r.Body.Residue, r.Body.Note = end.outcome, residue, end.reason
		if r.Body.Failed != "" {
			r.Body.Outcome, r.Body.Note = OutcomeFailed, r.Body.Failed
		}
		return e.announce(r, events.FaultReverted{
			Recovered: end.outcome == OutcomeRecovered, Reason: end.reason, Residue: residue,
		})
	})
}

func (e *engine) revert(ctx context.Context, c *claim, kind Kind) ([]string, error) {
	ctx, cancel := c.Deadline(context.WithoutCancel(ctx), e.deps.Config.RevertTimeout)
	defer cancel()
	residue, err := kind.Revert(ctx, c.Row().Body.toRevert())
	if err != nil {
		return nil, fmt.Errorf("revert: %w", err)
	}
	return residue, nil
}

// finish closes the entry and publishes what is left.
func (e *engine) finish(ctx context.Context, c *claim, change func(*row) error) error {
	err := c.End(ctx, func(r *row) error {
		r.Body.State = StateClosed
		return change(r)
	})
	if entry := c.Row().Body; entry.State == StateClosed {
		e.metrics.closed(entry)
		e.deps.Log.InfoContext(ctx, "fault closed", "service", group, "fault", entry.Fault, "run", entry.Request.Run,
			"env", entry.Request.Environment, "outcome", entry.Outcome, "note", entry.Note)
	}
	return err
}
