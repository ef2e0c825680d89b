package provisioner

import (
	"context"
	"errors"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// create makes the cluster.
func (s *Service) create(
	ctx context.Context, q *work.Queue[request], begun events.Table[marker], row work.Row[request], p Progress,
) (outcome, error) {
	d, err := wanted(*row.Body.Create)
	if err != nil {
		return s.decided(ctx, begun, row, err)
	}
	steps, err := s.plan(ctx, q, begun, row.ID, d)
	if err == nil && len(steps) > 0 {
		err = mark(ctx, begun, row)
	}
	if err != nil {
		return s.decided(ctx, begun, row, err)
	}
	s.deps.Checkpoint("begun")
	status, err := s.make(ctx, steps, d, p)
	if err != nil && ctx.Err() != nil {
		return outcome{}, context.Cause(ctx)
	}
	s.deps.Checkpoint("made")
	o, remains := s.conclude(ctx, row, d, status, err, p)
	if remains {
		return o, nil
	}
	return o, begun.Delete(ctx, events.Key(row.ID))
}

// plan decides what is to be done, and whether it may be.
func (s *Service) plan(
	ctx context.Context, q *work.Queue[request], begun events.Table[marker], name string, d Document,
) ([]PlanStep, error) {
	decide := resumePlan
	if _, _, err := begun.Get(ctx, events.Key(name)); errors.Is(err, events.ErrNotFound) {
		decide = NewPlan
	} else if err != nil {
		return nil, err
	}
	steps, err := s.deps.Clusters.plan(ctx, d, decide)
	if err != nil || len(steps) == 0 {
		return nil, err
	}
	there, err := s.deps.Clusters.List(ctx)
	if err != nil {
		return nil, err
	}
	open, err := q.Open(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.deps.Config.admit(d, others(there, open, name)); err != nil {
		return nil, err
	}
	return steps, s.named(d)
}

// named refuses a kubeconfig that no file of this server names: it is read here, and may
// run programs, which whoever publishes an event must not choose.
func (s *Service) named(d Document) error {
	if d.Spec.Existing == nil || slices.ContainsFunc(s.deps.Documents, func(own Document) bool {
		return own.Spec.Existing != nil && *own.Spec.Existing == *d.Spec.Existing
	}) {
		return nil
	}
	return events.Errorf(events.KindRefused, "put the document into the folder of --specs, or: "+d.Spec.Existing.Command(d.Metadata.Name)+" --standalone",
		"cluster %s: the request has a kubeconfig that is in no file of this server", d.Metadata.Name)
}

// others are the clusters beside the named one that are there or were asked for
// before it; open is in the order of requests.
func others(there []Status, open []work.Row[request], name string) []string {
	var names []string
	for _, one := range there {
		names = append(names, one.Name)
	}
	for _, row := range open {
		if row.ID == name {
			break
		}
		if row.Body.Create != nil {
			names = append(names, row.ID)
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == name })
}

// mark notes that a request begins to make the cluster.
func mark(ctx context.Context, begun events.Table[marker], row work.Row[request]) error {
	err := begun.Create(ctx, events.Key(row.ID), marker{Event: row.Asked.ID})
	if errors.Is(err, events.ErrExists) {
		return nil
	}
	return err
}

// make performs the steps; without any the cluster is as it should be.
func (s *Service) make(ctx context.Context, steps []PlanStep, d Document, p Progress) (Status, error) {
	if len(steps) == 0 {
		return s.deps.Clusters.Show(ctx, d.Metadata.Name)
	}
	ctx, cancel := context.WithTimeout(ctx, s.deps.Config.CreateDeadline)
	defer cancel()
	return s.deps.Clusters.carryOut(ctx, steps, d, p)
}

// conclude is the outcome of a create. What a failed one made is undone, unless it
// is to be retained: it is left to a person then. Something remains when that was not
// possible, or is not proved.
func (s *Service) conclude(
	ctx context.Context, row work.Row[request], d Document, status Status, err error, p Progress,
) (o outcome, remains bool) {
	switch {
	case err == nil:
		took := s.deps.Stamp.Now().Sub(row.Asked.Time)
		return outcome{ready: &events.ClusterReady{Cluster: view(status), Took: events.Duration(took)}}, false
	case isUntouched(err):
		return failure(row.ID, "create", err, false), false
	case row.Body.Create.Retain:
		return failure(row.ID, "create", err, true), false
	}
	undone := s.deps.Clusters.undo(ctx, d, p)
	return failure(row.ID, "create", errors.Join(err, undone), undone != nil), undone != nil
}
