package envs

import (
	"context"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// list answers from the cluster: namespaces of ours and their Deployments. Only
// where something is not ready the pods are read too.
func (s *Service) list(ctx context.Context, _ events.Nothing) (events.EnvironmentsAnswer, error) {
	seen, err := s.deps.Cluster.List(ctx)
	if err != nil {
		return events.EnvironmentsAnswer{}, err
	}
	out := events.EnvironmentsAnswer{Environments: make([]events.Environment, len(seen))}
	events.Parallel(len(seen), s.deps.Config.Parallel, func(i int) { out.Environments[i] = s.view(ctx, seen[i]) })
	return out, nil
}

// view reads the pods of an environment that is not ready. Where they cannot be
// read, the reason is missing and the phase still right.
func (s *Service) view(ctx context.Context, seen Seen) events.Environment {
	var pods Snapshot
	phase := phaseOf(seen)
	if phase == PhaseCreating || phase == PhaseDegraded {
		if now, err := s.snapshot(ctx, seen.Namespace.Name); err == nil {
			pods = now
		}
	}
	return view(seen, phase, pods, s.deps.Stamp.Now())
}

// snapshot reads the environment once.
func (s *Service) snapshot(ctx context.Context, name string) (Snapshot, error) {
	var now Snapshot
	err := s.deps.Cluster.Watch(ctx, name, func(snapshot Snapshot) bool {
		now = snapshot
		return false
	})
	return now, err
}

// show answers for one environment. Errors: *events.Error of KindNotFound.
func (s *Service) show(ctx context.Context, q events.EnvironmentQuery) (events.EnvironmentAnswer, error) {
	if !events.IsDNSLabel(q.Name) {
		return events.EnvironmentAnswer{}, notFound(q.Name)
	}
	now, err := s.deps.Cluster.Observe(ctx, q.Name)
	if err != nil {
		return events.EnvironmentAnswer{}, err
	}
	if now.Namespace == nil || !now.Namespace.ours(q.Name) {
		return events.EnvironmentAnswer{}, notFound(q.Name)
	}
	pods, err := s.snapshot(ctx, q.Name)
	if err != nil {
		return events.EnvironmentAnswer{}, err
	}
	seen := Seen{Namespace: *now.Namespace, Terminating: now.Terminating, Deployments: pods.Deployments}
	answer := events.EnvironmentAnswer{
		Environment: view(seen, phaseOf(seen), pods, s.deps.Stamp.Now()),
		Objects:     []string{now.Namespace.String()},
	}
	for _, o := range now.Objects {
		if o.ours(q.Name) {
			answer.Objects = append(answer.Objects, o.String())
		}
	}
	slices.Sort(answer.Objects[1:])
	return answer, nil
}
