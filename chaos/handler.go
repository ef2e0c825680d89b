package chaos

import (
	"context"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// begins are every subscription and every answer.
func (e *engine) begins() []events.Begin {
	d, shared := e.deps, events.Subscription{Group: group, Concurrency: concurrency}
	all := []events.Begin{
		events.StopCall.Begin(d.Caller, d.Stamp, e.onStop),
		events.ResumeCall.Begin(d.Caller, d.Stamp, e.onResume),
		events.StopStateCall.Begin(d.Caller, d.Stamp, e.onStopState),
		events.LedgerListCall.Begin(d.Caller, d.Stamp, e.onLedger),
		events.FaultKindsCall.Begin(d.Caller, d.Stamp, e.onKinds),
		events.ArmCall.Begin(d.Caller, d.Stamp, e.onArm),
		events.DisarmCall.Begin(d.Caller, d.Stamp, e.onDisarm),
		events.ArmListCall.Begin(d.Caller, d.Stamp, e.onArms),
		events.FaultPlanCall.Begin(d.Caller, d.Stamp, e.onPlan),
	}
	if d.Config.ReadOnly {
		return all
	}
	return append(all,
		events.FaultInjectTopic.Begin(d.Bus, shared, e.onInject),
		events.FaultRevertTopic.Begin(d.Bus, shared, e.onRevert))
}

// onInject writes the request to the ledger, where this or another replica takes
// it up. Called again for a fault that is known it does nothing; one that was
// called off before is refused.
func (e *engine) onInject(ctx context.Context, m events.Meta, req events.FaultInject) error {
	if req.Fault == "" {
		return events.Permanent(errors.New("the request has no fault id"))
	}
	entry := Entry{Fault: req.Fault, Request: withGrace(req), State: StatePlanned, Opened: e.now()}
	err := e.ledger.Add(ctx, req.Fault, m, entry)
	switch {
	case err == nil:
		e.deps.Checkpoint("planned")
		return nil
	case errors.Is(err, work.ErrForgotten):
		e.deps.Log.WarnContext(ctx, "request ignored", "service", group, "fault", req.Fault, "event_id", m.ID, "reason", err.Error())
		return nil
	case !errors.Is(err, work.ErrKnown) && !errors.Is(err, work.ErrLate):
		return err
	}
	known, findErr := e.find(ctx, req.Fault)
	switch {
	case errors.Is(findErr, events.ErrNotFound):
		return e.refuseUnrecorded(ctx, m, req, err.Error())
	case findErr != nil:
		return findErr
	case known.CalledOff:
		return e.refuseUnrecorded(ctx, m, req, "the end of the fault was asked for before it began: "+known.Note)
	}
	return nil
}

// refuseUnrecorded refuses a request that does not get into the ledger.
func (e *engine) refuseUnrecorded(ctx context.Context, m events.Meta, req events.FaultInject, reason string) error {
	return events.FaultRefusedTopic.Publish(ctx, e.deps.Bus, e.about(req.Run, req.Fault, "refused", m.ID),
		events.FaultRefused{Fault: req.Fault, Run: req.Run, Reason: reason})
}

// onRevert notes that the fault shall end; who works on it hears of that. An order
// that overtakes its request takes the fault's place in the ledger, so that the
// request is refused when it comes. In every case the end is published.
func (e *engine) onRevert(ctx context.Context, m events.Meta, ask events.FaultRevert) error {
	if ask.Fault == "" {
		return events.Permanent(errors.New("the order to revert names no fault"))
	}
	if ask.Run == "" {
		ask.Run = m.Correlation
	}
	err := e.askEnd(ctx, ask.Fault, ask.Reason)
	if !errors.Is(err, events.ErrNotFound) {
		return err
	}
	known, err := e.find(ctx, ask.Fault)
	switch {
	case err == nil && known.State != string(StateClosed):
		return e.askEnd(ctx, ask.Fault, ask.Reason) // the request has come meanwhile
	case err == nil && known.Announced:
		return nil
	case err == nil:
		ask.Run = known.Run
		return e.announceUnrecorded(ctx, m, ask)
	case !errors.Is(err, events.ErrNotFound):
		return err
	}
	return e.addCalledOff(ctx, m, ask)
}

// addCalledOff opens the entry of a fault whose end was asked for before itself.
func (e *engine) addCalledOff(ctx context.Context, m events.Meta, ask events.FaultRevert) error {
	entry := Entry{Fault: ask.Fault, State: StatePlanned, CalledOff: true, EndAsked: endReason(ask.Reason), Opened: e.now()}
	entry.Request.Run = ask.Run
	err := e.ledger.Add(ctx, ask.Fault, m, entry)
	switch {
	case errors.Is(err, work.ErrForgotten):
		return nil
	case errors.Is(err, work.ErrLate):
		return e.announceUnrecorded(ctx, m, ask)
	}
	e.deps.Checkpoint("called-off")
	return err // of ErrKnown, too: the request has come meanwhile, and the order comes again
}

// announceUnrecorded publishes the end of a fault that is not in the ledger any more,
// or never was.
func (e *engine) announceUnrecorded(ctx context.Context, m events.Meta, ask events.FaultRevert) error {
	return events.FaultRevertedTopic.Publish(ctx, e.deps.Bus, e.about(ask.Run, ask.Fault, "reverted", m.ID),
		events.FaultReverted{Fault: ask.Fault, Run: ask.Run, Reason: nothingInjected, At: e.now()})
}

// errUnchanged ends a change that has nothing to do.
var errUnchanged = errors.New("nothing to change")

// askEnd notes in the entry that the fault shall end. Errors: events.ErrNotFound
// when it is not open.
func (e *engine) askEnd(ctx context.Context, fault, reason string) error {
	_, err := e.ledger.Modify(ctx, fault, func(entry *Entry) error {
		if entry.EndAsked != "" {
			return errUnchanged
		}
		entry.EndAsked = endReason(reason)
		return nil
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return fmt.Errorf("ask fault %s to end: %w", fault, err)
	}
	return nil
}

func endReason(reason string) string {
	if reason == "" {
		return "it was asked to end"
	}
	return reason
}

func (e *engine) onKinds(context.Context, events.Nothing) (events.FaultKinds, error) {
	return Catalogue(e.deps.Kinds), nil
}
