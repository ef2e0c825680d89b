package chaos

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

// refuse closes the entry of a fault that touched nothing.
func (r *run) refuse(ctx context.Context, reason, advice string) error {
	decisions, seed := r.entry.Decisions, r.entry.Seed
	return r.finish(ctx, func(e *Entry) {
		e.Decisions, e.Seed = decisions, seed
		e.Outcome, e.Note = OutcomeRefused, reason
		refusal := refusedEvent(*e, reason)
		refusal.Advice = advice
		post(r, e, "refused", events.FaultRefusedTopic, refusal)
	})
}

func refusedEvent(e Entry, reason string) events.FaultRefused {
	return events.FaultRefused{Fault: e.Fault, Run: e.Request.Run, Reason: reason, Decisions: e.Decisions}
}

// fail closes the entry of a fault that could not begin.
func (r *run) fail(ctx context.Context, reason string) error {
	decisions, seed := r.entry.Decisions, r.entry.Seed
	return r.finish(ctx, func(e *Entry) {
		e.Decisions, e.Seed = decisions, seed
		e.Outcome, e.Failed, e.Note = OutcomeFailed, reason, reason
		post(r, e, "failed", events.FaultFailedTopic, failedEvent(*e))
		post(r, e, "reverted", events.FaultRevertedTopic, events.FaultReverted{
			Fault: e.Fault, Run: e.Request.Run, Reason: "nothing was injected, so nothing had to recover", At: r.now(),
		})
	})
}

// close reverts the fault and closes its entry. It works on when ctx has ended.
// An entry whose revert cannot be told stays open, and the supervisor tries it
// again.
func (r *run) close(ctx context.Context, outcome, reason string) error {
	r.Checkpoint("ending")
	residue, err := r.revert(ctx)
	if err != nil {
		return err
	}
	r.Checkpoint("reverted")
	return r.finish(ctx, func(e *Entry) {
		e.Outcome, e.Residue, e.Note = outcome, residue, reason
		if e.Failed != "" {
			e.Outcome, e.Note = OutcomeFailed, e.Failed
		}
		post(r, e, "reverted", events.FaultRevertedTopic, events.FaultReverted{
			Fault: e.Fault, Run: e.Request.Run, Recovered: outcome == OutcomeRecovered,
			Reason: reason, Residue: residue, At: r.now(),
		})
	})
}

func (r *run) revert(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Config.RevertTimeout)
	defer cancel()
	fault, ok := r.faults[r.entry.Request.Kind]
	if !ok {
		return nil, fmt.Errorf("revert fault %s: this server has no fault %q", r.entry.Fault, r.entry.Request.Kind)
	}
	return fault.Revert(ctx, r.entry.order(r.entry.hit()))
}

// finish closes the entry and says so.
func (r *run) finish(ctx context.Context, change func(*Entry)) error {
	err := r.persist(ctx, func(e *Entry) {
		e.State, e.Closed = StateClosed, r.now()
		change(e)
	})
	if err != nil {
		return err
	}
	r.Checkpoint("closed")
	r.metrics.closed(r.entry)
	e := r.entry
	r.Log.InfoContext(ctx, "fault closed", "service", group, "fault", e.Fault, "run", e.Request.Run,
		"env", e.Request.Environment, "outcome", e.Outcome, "note", e.Note)
	return r.tell(ctx)
}
