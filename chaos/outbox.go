package chaos

import (
	"context"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// claim is the right to work on one fault, and row the fault as it is stored.
type (
	claim = work.Claim[Entry]
	row   = work.Row[Entry]
)

// about is the metadata of an event that a fault of the run has once.
func (e *engine) about(run, fault, part, cause string) events.Meta {
	m := e.deps.Stamp.About(run, fault+"/"+part)
	m.Causation = cause
	return m
}

// post puts an event into the row's outbox, within a change.
func post[T any](e *engine, r *row, part string, topic events.Topic[T], payload T) error {
	return work.Post(r, topic, e.about(r.Body.Request.Run, r.Body.Fault, part, r.Asked.ID), payload)
}

// announce puts the end of the fault into the outbox.
func (e *engine) announce(r *row, end events.FaultReverted) error {
	r.Body.Announced = true
	end.Fault, end.Run, end.At = r.Body.Fault, r.Body.Request.Run, e.now()
	return post(e, r, "reverted", events.FaultRevertedTopic, end)
}

// note adds a mark and its event within a change.
func (e *engine) note(r *row, m events.RecoveryMarked) error {
	r.Body.Marks = append(r.Body.Marks, m)
	return post(e, r, m.Victim+"/"+m.Mark, events.RecoveryMarkedTopic, m)
}

// update changes the entry.
func update(ctx context.Context, c *claim, change func(*Entry)) error {
	_, err := c.Update(ctx, func(r *row) error {
		change(&r.Body)
		return nil
	})
	return err
}
