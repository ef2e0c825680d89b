package envs

import (
	"context"
	"errors"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// list answers from the cluster and the queue: namespaces of ours, and those that may be
// adopted, their Deployments, and what was asked for. Only where something is not ready
// the pods are read too.
func (s *Service) list(ctx context.Context, q *queue, _ events.Nothing) (events.EnvironmentsAnswer, error) {
	seen, err := s.deps.Cluster.List(ctx)
	if err != nil {
		return events.EnvironmentsAnswer{}, err
	}
	seen = slices.DeleteFunc(seen, func(e Seen) bool {
		return !e.Namespace.ours(s.owner(e.Namespace.Name)) && !e.Namespace.unadopted(e.Namespace.Name)
	})
	out := events.EnvironmentsAnswer{Environments: make([]events.Environment, len(seen))}
	errs := make([]error, len(seen))
	events.Parallel(len(seen), s.deps.Config.Parallel, func(i int) { out.Environments[i], errs[i] = s.glance(ctx, q, seen[i]) })
	return out, errors.Join(errs...)
}

// glance reads the pods of an environment that is not ready. Where they cannot be read,
// what they show is missing.
func (s *Service) glance(ctx context.Context, q *queue, seen Seen) (events.Environment, error) {
	h, err := s.history(ctx, q, seen.Namespace.Name)
	if err != nil {
		return events.Environment{}, err
	}
	now := scene{Seen: seen, history: h, now: s.deps.Stamp.Now()}
	if phase := now.phase(); phase == PhaseReady || phase == PhaseDestroying || phase == PhaseUnadopted {
		return now.view(phase), nil
	}
	if pods, err := s.snapshot(ctx, seen.Namespace.Name); err == nil {
		now.Pods, now.looked = pods.Pods, true
	}
	return now.view(now.phase()), nil
}

// look reads all of an environment but its namespace.
func (s *Service) look(ctx context.Context, q *queue, seen Seen) (events.Environment, error) {
	h, err := s.history(ctx, q, seen.Namespace.Name)
	if err != nil {
		return events.Environment{}, err
	}
	pods, err := s.snapshot(ctx, seen.Namespace.Name)
	if err != nil {
		return events.Environment{}, err
	}
	seen.Deployments = pods.Deployments
	now := scene{Seen: seen, history: h, Pods: pods.Pods, looked: true, now: s.deps.Stamp.Now()}
	return now.view(now.phase()), nil
}

// snapshot reads the environment once.
func (s *Service) snapshot(ctx context.Context, name string) (Snapshot, error) {
	var now Snapshot
	err := s.deps.Cluster.Watch(ctx, s.owner(name), func(snapshot Snapshot) bool {
		now = snapshot
		return false
	})
	return now, err
}

// find refuses a namespace that is no environment of this installation. Errors:
// *events.Error of KindNotFound; of KindRefused when another one has made it, or an
// earlier version.
func (s *Service) find(namespace *Live, name string) error {
	if namespace == nil || !events.IsOf(namespace.Labels, name) {
		return notFound(name)
	}
	return refuse(*namespace, s.owner(name), Origin{})
}

// show answers for one environment. Errors: those of find.
func (s *Service) show(ctx context.Context, q *queue, asked events.EnvironmentQuery) (events.EnvironmentAnswer, error) {
	if !events.IsDNSLabel(asked.Name) {
		return events.EnvironmentAnswer{}, notFound(asked.Name)
	}
	now, err := s.deps.Cluster.Observe(ctx, asked.Name)
	if err != nil {
		return events.EnvironmentAnswer{}, err
	}
	if err := s.find(now.Namespace, asked.Name); err != nil {
		return events.EnvironmentAnswer{}, err
	}
	e, err := s.look(ctx, q, Seen{Namespace: *now.Namespace, Terminating: now.Terminating})
	answer := events.EnvironmentAnswer{Environment: e, Objects: []string{now.Namespace.String()}}
	for _, o := range now.Objects {
		if o.ours(s.owner(asked.Name)) {
			answer.Objects = append(answer.Objects, o.String())
		}
	}
	slices.Sort(answer.Objects[1:])
	return answer, err
}
