package envs

import (
	"context"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// list answers from the cluster: namespaces of ours and their Deployments, and those
// that may be adopted. Only where something is not ready the pods are read too.
func (s *Service) list(ctx context.Context, _ events.Nothing) (events.EnvironmentsAnswer, error) {
	seen, err := s.deps.Cluster.List(ctx)
	if err != nil {
		return events.EnvironmentsAnswer{}, err
	}
	seen = slices.DeleteFunc(seen, func(e Seen) bool {
		return !e.Namespace.ours(s.owner(e.Namespace.Name)) && !e.Namespace.unadopted(e.Namespace.Name)
	})
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

// present is an environment as it is now.
func (s *Service) present(ctx context.Context, namespace Live, terminating bool) (events.Environment, error) {
	pods, err := s.snapshot(ctx, namespace.Name)
	if err != nil {
		return events.Environment{}, err
	}
	seen := Seen{Namespace: namespace, Terminating: terminating, Deployments: pods.Deployments}
	return view(seen, phaseOf(seen), pods, s.deps.Stamp.Now()), nil
}

// show answers for one environment. Errors: those of find.
func (s *Service) show(ctx context.Context, q events.EnvironmentQuery) (events.EnvironmentAnswer, error) {
	if !events.IsDNSLabel(q.Name) {
		return events.EnvironmentAnswer{}, notFound(q.Name)
	}
	now, err := s.deps.Cluster.Observe(ctx, q.Name)
	if err != nil {
		return events.EnvironmentAnswer{}, err
	}
	if err := s.find(now.Namespace, q.Name); err != nil {
		return events.EnvironmentAnswer{}, err
	}
	answer := events.EnvironmentAnswer{Objects: []string{now.Namespace.String()}}
	if answer.Environment, err = s.present(ctx, *now.Namespace, now.Terminating); err != nil {
		return events.EnvironmentAnswer{}, err
	}
	for _, o := range now.Objects {
		if o.ours(s.owner(q.Name)) {
			answer.Objects = append(answer.Objects, o.String())
		}
	}
	slices.Sort(answer.Objects[1:])
	return answer, nil
}
