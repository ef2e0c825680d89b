package provisioner

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// group is the name under which every server of the provisioner shares the work.
const group = "provisioner"

// begins are every subscription and every answer.
func (s *Service) begins(q *work.Queue[request], begun events.Table[marker]) []events.Begin {
	d, shared := s.deps, events.Subscription{Group: group}
	return []events.Begin{
		events.ClusterCreateTopic.Begin(d.Bus, shared, func(ctx context.Context, m events.Meta, e events.ClusterCreate) error {
			return s.onCreate(ctx, q, m, e)
		}),
		events.ClusterDestroyTopic.Begin(d.Bus, shared, func(ctx context.Context, m events.Meta, e events.ClusterDestroy) error {
			return s.onDestroy(ctx, q, m, e)
		}),
		events.ClusterListCall.Begin(d.Caller, d.Stamp, s.list),
		events.ClusterPlanCall.Begin(d.Caller, d.Stamp, func(ctx context.Context, e events.ClusterPlan) (events.ClusterPlanAnswer, error) {
			return s.planned(ctx, q, begun, e)
		}),
		events.ClusterShowCall.Begin(d.Caller, d.Stamp, s.show),
		events.NodePowerCall.Begin(d.Caller, d.Stamp, s.power),
	}
}

// onCreate records the request.
func (s *Service) onCreate(ctx context.Context, q *work.Queue[request], m events.Meta, e events.ClusterCreate) error {
	if _, err := wanted(e); err != nil {
		return s.refuse(ctx, m, failure(e.Name, "create", err, false))
	}
	return s.record(ctx, q, m, e.Name, request{Create: &e})
}

// onDestroy records the request.
func (s *Service) onDestroy(ctx context.Context, q *work.Queue[request], m events.Meta, e events.ClusterDestroy) error {
	if NameProblem(e.Name) != "" {
		return s.refuse(ctx, m, failure(e.Name, "destroy", NotFound(e.Name), false))
	}
	return s.record(ctx, q, m, e.Name, request{Destroy: &e})
}

// wanted is the document of a request. Errors: *events.Error of KindInvalid.
func wanted(e events.ClusterCreate) (Document, error) {
	d, err := Parse(e.Spec)
	if err != nil {
		return d, err
	}
	d = d.WithDefaults()
	if err := d.Validate().Err(); err != nil {
		return d, events.Errorf(events.KindInvalid, "shakedown schema Cluster", "cluster %s: %w", e.Name, err)
	}
	if e.Name != d.Metadata.Name {
		return d, events.Errorf(events.KindInvalid, "", "the request is for cluster %s and its document for %s", e.Name, d.Metadata.Name)
	}
	return d, nil
}

func (s *Service) record(ctx context.Context, q *work.Queue[request], m events.Meta, name string, r request) error {
	err := q.Add(ctx, name, m, r)
	switch {
	case errors.Is(err, work.ErrKnown), errors.Is(err, work.ErrOvertaken):
		s.deps.Log.Debug("request ignored", "verb", r.verb(), "cluster", name, "event_id", m.ID, "reason", err.Error())
		return nil
	case errors.Is(err, work.ErrForgotten):
		s.deps.Log.Warn("request ignored", "verb", r.verb(), "cluster", name, "event_id", m.ID, "reason", err.Error())
		return nil
	case errors.Is(err, work.ErrLate):
		late := events.Errorf(events.KindRefused, "shakedown cluster list", "the request to %s cluster %s comes too late", r.verb(), name)
		return s.refuse(ctx, m, failure(name, r.verb(), late, false))
	case err != nil:
		return err
	}
	s.deps.Log.Info("request recorded", "verb", r.verb(), "cluster", name, "event_id", m.ID)
	return nil
}

// refuse publishes the failure of a request that was not recorded.
func (s *Service) refuse(ctx context.Context, m events.Meta, o outcome) error {
	s.deps.Log.Info("request refused", "verb", o.failed.Verb, "cluster", o.failed.Name, "event_id", m.ID, "reason", o.failed.Reason)
	s.metrics.ended(o)
	return events.ClusterFailedTopic.Publish(ctx, s.deps.Bus, s.deps.Stamp.After(m, "outcome"), *o.failed)
}

// list answers with the clusters of this machine.
func (s *Service) list(ctx context.Context, _ events.Nothing) (events.ClustersAnswer, error) {
	found, err := s.deps.Clusters.List(ctx)
	answer := events.ClustersAnswer{Clusters: make([]events.Cluster, 0, len(found))}
	for _, one := range found {
		answer.Clusters = append(answer.Clusters, view(one))
	}
	return answer, err
}

// planned answers what a create would do, or with the error that it would end with.
func (s *Service) planned(
	ctx context.Context, q *work.Queue[request], begun events.Table[marker], e events.ClusterPlan,
) (events.ClusterPlanAnswer, error) {
	d, err := wanted(events.ClusterCreate{Name: e.Name, Spec: e.Spec})
	if err != nil {
		return events.ClusterPlanAnswer{}, err
	}
	steps, err := s.plan(ctx, q, begun, e.Name, d)
	answer := events.ClusterPlanAnswer{Steps: make([]events.ClusterPlanStep, 0, len(steps))}
	for _, step := range steps {
		answer.Steps = append(answer.Steps, events.ClusterPlanStep{Action: string(step.Action), Why: step.Why})
	}
	return answer, err
}

// show answers for one cluster.
func (s *Service) show(ctx context.Context, q events.ClusterQuery) (events.ClusterAnswer, error) {
	found, err := s.deps.Clusters.Show(ctx, q.Name)
	if err != nil {
		return events.ClusterAnswer{}, err
	}
	return events.ClusterAnswer{Cluster: view(found)}, nil
}
