package envs

import (
	"context"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// verbSeed is the change of an environment that a copy is to fill.
const verbSeed = "seed"

// diff answers what a create by hand would change, and whether another request is about to
// change something.
func (s *Service) diff(ctx context.Context, q *queue, e events.EnvironmentDiff) (events.EnvironmentDifference, error) {
	answer, err := s.difference(ctx, e)
	if err != nil {
		return answer, err
	}
	h, err := s.history(ctx, q, e.Name)
	answer.Waiting = h.waiting()
	return answer, err
}

// difference is what a create would change of what is there. What of an object differs is
// for the API server to say: it knows its defaults, and what others have changed.
func (s *Service) difference(ctx context.Context, q events.EnvironmentDiff) (events.EnvironmentDifference, error) {
	none := events.EnvironmentDifference{Name: q.Name}
	doc, err := requested(events.EnvironmentCreate{Name: q.Name, Spec: q.Spec})
	if err != nil {
		return none, err
	}
	now, err := s.observe(ctx, q.Name)
	if err != nil {
		return none, err
	}
	if now.Terminating && now.Namespace.ours(s.owner(q.Name)) {
		now = Current{} // a create lets it go first
	}
	from := s.originOf(doc, now)
	plan, err := NewPlan(doc.Objects(from, s.created(now)), now, s.owner(q.Name), Origin{})
	if err != nil {
		return none, err
	}
	changes, err := s.changes(ctx, plan, q.Name)
	if err != nil {
		return none, err
	}
	if doc.Spec.Seed != "" && from.Seeded == "" {
		changes = append(changes, events.EnvironmentChange{Verb: verbSeed, Object: "datacopy/" + doc.Spec.Seed})
	}
	return events.EnvironmentDifference{Name: q.Name, Exists: now.Namespace != nil, Changes: withoutNote(changes)}, nil
}

// originOf is what a create by hand would note. It would also put off the end of the
// environment's time, which is no difference.
func (s *Service) originOf(doc Document, now Current) Origin {
	asked := row{Asked: events.Meta{Time: s.deps.Stamp.Now()}, Body: request{Document: &doc}}
	from := Origin{Installation: s.deps.Installation, Seeded: seededBy(doc, now), Project: asked.Body.project(now), Ends: expiry(asked, now)}
	if now.Namespace == nil || doc.Spec.TTL == 0 || now.Namespace.Annotations[AnnotationTTL] != doc.Spec.TTL.String() {
		return from
	}
	if _, ok := ends(*now.Namespace); ok {
		from.Ends = now.Namespace.Annotations[AnnotationEnds]
	}
	return from
}

// changes are those of all steps, in their order.
func (s *Service) changes(ctx context.Context, plan Plan, environment string) ([]events.EnvironmentChange, error) {
	check := func(l Live) error { return refuse(l, s.owner(environment), Origin{}) }
	found, errs := make([][]events.EnvironmentChange, len(plan)), make([]error, len(plan))
	events.Parallel(len(plan), s.deps.Config.Parallel, func(i int) { found[i], errs[i] = s.change(ctx, plan[i], check) })
	if err := firstOf(errs); err != nil {
		return nil, err
	}
	return slices.Concat(found...), nil
}

func (s *Service) change(ctx context.Context, step Step, check Check) ([]events.EnvironmentChange, error) {
	if step.Verb == Create || step.Verb == Prune {
		return []events.EnvironmentChange{{Verb: string(step.Verb), Object: step.String()}}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	p, err := s.deps.Cluster.Preview(ctx, step.Object, step.Live, check)
	if err != nil {
		return nil, err
	}
	return compare(step.Ref, p)
}

func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
