package provisioner

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// giveUp is after how many attempts an error that says nothing to people becomes
// the outcome.
const giveUp = 5

// marker is the row of a cluster that a request began to make. It stays until the
// cluster is ready or undone, so that who comes next, after a crash or for a later
// request, knows that what is half made is the service's own.
type marker struct {
	// Event is the ID of the request.
	Event string `json:"event"`
}

// handle fulfils one request under its claim and ends it with its outcome. When ctx
// ends the row stays, for the next attempt or for the request that superseded it.
func (s *Service) handle(ctx context.Context, q *work.Queue[request], begun events.Table[marker], c *work.Claim[request]) error {
	row := c.Row()
	o, err := s.perform(ctx, q, begun, c)
	if err != nil {
		return err
	}
	m := s.deps.Stamp.After(row.Asked, "outcome")
	if err := c.End(ctx, func(r *work.Row[request]) error { return o.post(r, m) }); err != nil {
		return err
	}
	s.metrics.ended(o)
	s.deps.Log.Info("request ended", "verb", row.Body.verb(), "cluster", row.ID, "event_id", row.Asked.ID, "outcome", o.word())
	return nil
}

// perform creates or destroys. An error means that there is no outcome yet.
func (s *Service) perform(ctx context.Context, q *work.Queue[request], begun events.Table[marker], c *work.Claim[request]) (outcome, error) {
	p := s.publisher(ctx, c.Row())
	defer p.Close()
	if c.Row().Body.Create != nil {
		return s.create(ctx, q, begun, c.Row(), p)
	}
	return s.destroy(ctx, begun, c, p)
}

// decided is the outcome of a request that could not be begun, or the error for
// which it is tried again.
func (s *Service) decided(ctx context.Context, begun events.Table[marker], row work.Row[request], err error) (outcome, error) {
	_, forPeople := errors.AsType[*events.Error](err)
	switch {
	case ctx.Err() != nil:
		return outcome{}, context.Cause(ctx)
	case !forPeople && row.Attempts < giveUp:
		return outcome{}, err
	}
	remains, unknown := s.remains(ctx, begun, row.ID)
	return failure(row.ID, row.Body.verb(), err, remains), unknown
}

// remains reports whether something half made is left of the cluster that an earlier
// request began. The marker goes when nothing is, or when it is whole.
func (s *Service) remains(ctx context.Context, begun events.Table[marker], name string) (bool, error) {
	if _, _, err := begun.Get(ctx, events.Key(name)); errors.Is(err, events.ErrNotFound) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	switch there, err := s.deps.Clusters.Show(ctx, name); {
	case events.KindOf(err) == events.KindNotFound, err == nil && there.State != StateBroken:
		return false, begun.Delete(ctx, events.Key(name))
	case err != nil && ctx.Err() != nil:
		return false, context.Cause(ctx)
	}
	return true, nil
}

// destroy removes the cluster. It is destroyed, too, when an earlier attempt did it.
func (s *Service) destroy(ctx context.Context, begun events.Table[marker], c *work.Claim[request], p Progress) (outcome, error) {
	row := c.Row()
	_, err := s.deps.Clusters.Show(ctx, row.ID)
	there := err == nil
	if events.KindOf(err) == events.KindNotFound && row.Body.Began {
		err = nil
	}
	if err != nil {
		return s.decided(ctx, begun, row, err)
	}
	if there {
		if err := s.remove(ctx, c, p); err != nil && ctx.Err() != nil {
			return outcome{}, context.Cause(ctx)
		} else if err != nil {
			return failure(row.ID, "destroy", err, true), nil
		}
	}
	s.deps.Checkpoint("removed")
	gone := events.ClusterDestroyed{Name: row.ID, Reason: row.Body.Destroy.Reason}
	return outcome{destroyed: &gone}, begun.Delete(ctx, events.Key(row.ID))
}

// remove notes that the destroy began, and destroys.
func (s *Service) remove(ctx context.Context, c *work.Claim[request], p Progress) error {
	row, err := c.Update(ctx, func(r *work.Row[request]) error { r.Body.Began = true; return nil })
	if err != nil {
		return err
	}
	s.deps.Checkpoint("begun")
	ctx, cancel := context.WithTimeout(ctx, s.deps.Config.DestroyDeadline)
	defer cancel()
	err = s.deps.Clusters.Destroy(ctx, row.ID, p)
	if events.KindOf(err) == events.KindNotFound {
		return nil
	}
	return err
}
