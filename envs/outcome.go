package envs

import (
	"context"
	"errors"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// outcome is how a request ended: one of the fields is set.
type outcome struct {
	ready     *events.EnvironmentReady
	failed    *events.EnvironmentFailed
	rejected  *events.EnvironmentRejected
	destroyed *events.EnvironmentDestroyed
	// uid is that of the namespace that was watched, in the cluster; "" for none.
	uid, cluster string
	// deleting says that a destroy has failed only for the time that the deletion takes.
	deleting bool
	// watched says that it was decided by what the pods showed.
	watched bool
}

// The words for outcomes.
const (
	outcomeReady     = "ready"
	outcomeFailed    = "failed"
	outcomeRejected  = "rejected"
	outcomeDestroyed = "destroyed"
)

func (o outcome) word() string {
	switch {
	case o.ready != nil:
		return outcomeReady
	case o.failed != nil:
		return outcomeFailed
	case o.rejected != nil:
		return outcomeRejected
	}
	return outcomeDestroyed
}

func (o outcome) reason() string {
	switch {
	case o.failed != nil:
		return o.failed.Reason + ": " + o.failed.Message
	case o.rejected != nil:
		return o.rejected.Reason
	}
	return ""
}

// end publishes the outcome and removes the request from the queue.
func (s *Service) end(ctx context.Context, c *claim, o outcome) error {
	asked := c.Row()
	err := c.End(ctx, func(r *row) error { return s.post(r, o) })
	if !c.Row().Ended.IsZero() {
		s.metrics.ended(o)
		s.deps.Log.Info("request ended", "outcome", o.word(), "env", asked.ID, "event_id", asked.Asked.ID, "reason", o.reason())
	}
	return err
}

// post puts the event of the outcome into the outbox. Whatever it is, the event has
// the same ID, so that a request has one outcome.
func (s *Service) post(r *row, o outcome) error {
	r.Body.End = endOf(r.Body, o)
	meta := s.deps.Stamp.After(r.Asked, "outcome")
	switch {
	case o.ready != nil:
		if err := s.postProvisioned(r, o.ready.Environment); err != nil {
			return err
		}
		return work.Post(r, events.EnvironmentReadyTopic, meta, *o.ready)
	case o.failed != nil:
		return work.Post(r, events.EnvironmentFailedTopic, meta, *o.failed)
	case o.rejected != nil:
		return work.Post(r, events.EnvironmentRejectedTopic, meta, *o.rejected)
	}
	return work.Post(r, events.EnvironmentDestroyedTopic, meta, *o.destroyed)
}

// postProvisioned puts environment.provisioned into the outbox, unless that was
// done before. It is the only place that does.
func (s *Service) postProvisioned(r *row, e events.Environment) error {
	if r.Body.Provisioned != "" {
		return nil
	}
	meta := s.deps.Stamp.After(r.Asked, "provisioned")
	r.Body.Provisioned = meta.ID
	return work.Post(r, events.EnvironmentProvisionedTopic, meta, e)
}

// rejected is the outcome of a request that was not accepted.
func rejected(name string, from Origin, err error) outcome {
	r := &events.EnvironmentRejected{
		Name: name, Template: from.Template, Project: from.Project, Kind: events.KindInvalid, Reason: err.Error(),
	}
	if e, ok := errors.AsType[*events.Error](err); ok {
		r.Kind, r.Reason, r.Advice = e.Kind, e.Message, e.Advice
	}
	return outcome{rejected: r}
}

// failure is the outcome of a request that ended with the error.
func failure(name string, err error) outcome {
	return outcome{failed: &events.EnvironmentFailed{Name: name, Reason: reasonOf(err), Message: withHint(err)}}
}

// isFinal says whether trying again is of no use.
func isFinal(err error) bool {
	if _, held := errors.AsType[*heldError](err); held {
		return true
	}
	return slices.Contains([]events.Kind{events.KindRefused, events.KindInvalid, events.KindNotFound}, events.KindOf(err))
}

func reasonOf(err error) string {
	if _, held := errors.AsType[*heldError](err); held {
		return ReasonTerminating
	}
	switch events.KindOf(err) {
	case events.KindRefused:
		return "Refused"
	case events.KindInvalid:
		return "Invalid"
	case events.KindNotFound, events.KindUnavailable, events.KindInternal, events.KindPartial, events.KindDrift:
	}
	return "Unavailable"
}

func withHint(err error) string {
	if e, ok := errors.AsType[*events.Error](err); ok && e.Advice != "" {
		return err.Error() + " (" + e.Advice + ")"
	}
	return err.Error()
}
