package envs

import (
	"context"

	"github.com/shakedown-dev/shakedown/events"
)

// outcome is how a request ended: one of the fields is set.
type outcome struct {
	ready     *events.EnvironmentReady
	failed    *events.EnvironmentFailed
	rejected  *events.EnvironmentRejected
	destroyed *events.EnvironmentDestroyed
}

func (o outcome) word() string {
	switch {
	case o.ready != nil:
		return "ready"
	case o.failed != nil:
		return "failed"
	case o.rejected != nil:
		return "rejected"
	}
	return "destroyed"
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

// publish tells the outcome. Whatever it is, its event has the same ID, so a
// request that is worked on again after a crash is not told to have ended twice.
func (s *Service) publish(ctx context.Context, req request, o outcome) error {
	meta := s.Stamp.After(req.Asked, "outcome")
	switch {
	case o.ready != nil:
		provisioned := s.Stamp.After(req.Asked, "provisioned")
		if err := events.EnvironmentProvisionedTopic.Publish(ctx, s.Bus, provisioned, o.ready.Environment); err != nil {
			return err
		}
		return events.EnvironmentReadyTopic.Publish(ctx, s.Bus, meta, *o.ready)
	case o.failed != nil:
		return events.EnvironmentFailedTopic.Publish(ctx, s.Bus, meta, *o.failed)
	case o.rejected != nil:
		return events.EnvironmentRejectedTopic.Publish(ctx, s.Bus, meta, *o.rejected)
	case o.destroyed != nil:
		return events.EnvironmentDestroyedTopic.Publish(ctx, s.Bus, meta, *o.destroyed)
	}
	return nil
}

// rejected is the outcome of a request that was not taken up.
func rejected(name string, from Origin, err error) outcome {
	r := &events.EnvironmentRejected{
		Name: name, Template: from.Template, Project: from.Project, Kind: events.KindInvalid, Reason: err.Error(),
	}
	if e, ok := asError(err); ok {
		r.Kind, r.Reason, r.Advice = e.Kind, e.Message, e.Advice
	}
	return outcome{rejected: r}
}
