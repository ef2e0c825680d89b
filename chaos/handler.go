package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
)

// listen puts all subscriptions in place: requests, calls, and the watch by
// which every replica hears of a stop.
func (d *desk) listen(ctx context.Context, workers *sync.WaitGroup) ([]events.Subscribed, error) {
	var subs []events.Subscribed
	var errs []error
	add := func(sub events.Subscribed, err error) {
		if err != nil {
			errs = append(errs, err)
			return
		}
		subs = append(subs, sub)
	}
	shared := events.Subscription{Group: group, Concurrency: concurrency}
	add(events.FaultInjectTopic.SubscribeWith(ctx, d.Bus, shared, d.onInject))
	add(events.FaultRevertTopic.SubscribeWith(ctx, d.Bus, shared, d.onRevert))
	add(events.StopCall.Answer(ctx, d.Caller, d.Stamp, d.onStop))
	add(events.ResumeCall.Answer(ctx, d.Caller, d.Stamp, d.onResume))
	add(events.StopStateCall.Answer(ctx, d.Caller, d.Stamp, d.onStopState))
	add(events.LedgerListCall.Answer(ctx, d.Caller, d.Stamp, d.onLedger))
	errs = append(errs, d.hear(ctx, workers), d.repeatStop(ctx))
	return subs, errors.Join(errs...)
}

// hear watches for what every replica must act on, and returns once it does.
func (d *desk) hear(ctx context.Context, workers *sync.WaitGroup) error {
	ready, ended := make(chan struct{}), make(chan error, 1)
	var once sync.Once
	filter := events.Filter{
		Types: []string{events.StopEngagedTopic.Type(), events.FaultRevertTopic.Type()},
		Ready: func() { once.Do(func() { close(ready) }) },
	}
	workers.Go(func() {
		err := d.Bus.Watch(ctx, filter, func(e events.Envelope) bool {
			d.heard(ctx, e)
			return true
		})
		if err != nil {
			d.complain(ctx, "hear of stops", err)
		}
		ended <- err
	})
	select {
	case <-ready:
		return nil
	case err := <-ended:
		return errors.Join(err, ctx.Err())
	}
}

func (d *desk) heard(ctx context.Context, e events.Envelope) {
	var err error
	if _, ask, parsed := events.FaultRevertTopic.Parse(e); parsed == nil {
		err = d.askEnd(ctx, ask.Fault, ask.Reason)
	} else if _, stop, parsed := events.StopEngagedTopic.Parse(e); parsed == nil {
		_, err = d.endAll(ctx, stop.Reason)
	}
	if err != nil {
		d.complain(ctx, "end faults", err, "event_id", e.ID)
	}
}

// onInject writes the entry and hands the fault to a goroutine. Called again for
// a fault it knows, it does nothing, or goes on where a former life stopped.
func (d *desk) onInject(ctx context.Context, m events.Meta, req events.FaultInject) error {
	if req.Fault == "" {
		return events.Permanent(errors.New("the request has no fault id"))
	}
	r := d.claim(req.Fault)
	if r == nil {
		return nil
	}
	now := d.now()
	r.entry = Entry{
		Fault: req.Fault, Request: req, Cause: m.ID, State: StatePlanned, Opened: now,
		Lease: events.Lease{}.Take(d.Owner, now, d.Config.Lease),
	}
	err := d.ledger.create(ctx, r.entry)
	if err == nil {
		d.Checkpoint("planned")
		return d.hand(ctx, r)
	}
	d.release(r)
	if errors.Is(err, events.ErrExists) {
		return d.onKnown(ctx, req)
	}
	return fmt.Errorf("open ledger entry of fault %s: %w", req.Fault, err)
}

// onKnown meets a request whose entry exists: it came twice, or after its end
// was asked for.
func (d *desk) onKnown(ctx context.Context, req events.FaultInject) error {
	_, err := d.ledger.modify(ctx, req.Fault, func(e *Entry) error {
		if e.Request.Fault != "" {
			return errHeld
		}
		e.Request = req
		refusal := refusedEvent(*e, "the end of the fault was asked for before it began: "+e.EndAsked)
		e.Outcome, e.Note = OutcomeRefused, refusal.Reason
		envelope, err := events.FaultRefusedTopic.Envelope(d.about(*e, "refused"), refusal)
		e.Outbox = append(e.Outbox, envelope)
		return err
	})
	if err != nil && !errors.Is(err, errHeld) {
		return err
	}
	return d.adopt(ctx, req.Fault)
}

// onRevert notes that the fault shall end. An order that overtakes its request
// leaves a closed entry, so that the request is refused when it comes.
func (d *desk) onRevert(ctx context.Context, _ events.Meta, ask events.FaultRevert) error {
	if ask.Fault == "" {
		return events.Permanent(errors.New("the order to revert names no fault"))
	}
	err := d.askEnd(ctx, ask.Fault, ask.Reason)
	if !errors.Is(err, events.ErrNotFound) {
		return err
	}
	now := d.now()
	err = d.ledger.create(ctx, Entry{Fault: ask.Fault, State: StateClosed, EndAsked: ask.Reason, Opened: now, Closed: now})
	if errors.Is(err, events.ErrExists) {
		return d.askEnd(ctx, ask.Fault, ask.Reason)
	}
	return err
}

// askEnd notes in the entry that the fault shall end and tells whoever works on
// it in this process. An entry that nobody holds is taken over. Errors:
// events.ErrNotFound.
func (d *desk) askEnd(ctx context.Context, fault, reason string) error {
	e, err := d.ledger.modify(ctx, fault, func(e *Entry) error {
		if e.State == StateClosed || e.EndAsked != "" {
			return nil
		}
		e.EndAsked = "it was asked to end"
		if reason != "" {
			e.EndAsked = reason
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ask fault %s to end: %w", fault, err)
	}
	d.nudge()
	if e.State == StateClosed {
		return nil
	}
	return d.adopt(ctx, fault)
}

func (d *desk) onLedger(ctx context.Context, q events.LedgerQuery) (events.LedgerAnswer, error) {
	entries, err := d.ledger.all(ctx)
	if err != nil {
		return events.LedgerAnswer{}, err
	}
	answer := events.LedgerAnswer{Entries: []events.LedgerEntry{}}
	for _, e := range entries {
		if !q.Open || e.State != StateClosed {
			answer.Entries = append(answer.Entries, e.public())
		}
	}
	return answer, nil
}

// about is the metadata of an event that the fault says once.
func (d *desk) about(e Entry, part string) events.Meta {
	m := d.Stamp.About(e.Request.Run, e.Fault+"/"+part)
	m.Causation = e.Cause
	return m
}
