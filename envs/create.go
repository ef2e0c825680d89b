package envs

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// create makes the environment match the request and waits until it is ready. An
// error is worth another try unless it is final.
func (s *Service) create(ctx context.Context, c *claim, p *progress) (outcome, error) {
	asked, doc := c.Row(), *c.Row().Body.Document
	now, err := s.settled(ctx, asked.ID, p)
	if err != nil {
		return outcome{}, err
	}
	created := s.created(now)
	from, plan, err := s.planned(asked, now, created)
	if err != nil {
		return rejected(asked.ID, from, err), nil
	}
	watch := follow(ctx, s.deps.Cluster, s.owner(asked.ID))
	defer watch.close()
	if len(plan.Changes()) > 0 {
		if err := noteBegun(ctx, c); err != nil {
			return outcome{}, err
		}
	}
	got, err := s.carryOut(ctx, c, plan, p)
	if err != nil {
		return outcome{}, err
	}
	got.cluster = s.identity(ctx)
	o, err := s.await(ctx, asked, got, watch, p)
	if err != nil || o.ready == nil || doc.Spec.Seed == "" || from.Seeded != "" {
		return o, err
	}
	end, err := s.fill(ctx, c, doc.Spec.Seed, o.ready.Environment, p)
	p.advanced()
	if err != nil || end.Problem != "" {
		return seedFailure(asked.ID, doc.Spec.Seed, end), err
	}
	from.Seeded = doc.Spec.Seed + "/" + end.Copy
	if got.namespace, err = s.markSeeded(ctx, c, from, created); err != nil {
		return outcome{}, err
	}
	return s.await(ctx, asked, got, watch, p)
}

// planned is what the request would note of its origin and change of what is there. Errors:
// *events.Error when it may not.
func (s *Service) planned(asked row, now Current, created string) (Origin, Plan, error) {
	doc, from := *asked.Body.Document, asked.Body.Origin
	from.Seeded, from.Project, from.Ends = seededBy(doc, now), asked.Body.project(now), expiry(asked, now)
	from.Installation = s.deps.Installation
	plan, err := NewPlan(doc.Objects(from, created), now, s.owner(asked.ID), asked.Body.Origin)
	return from, plan, err
}

// markSeeded notes in the namespace which copy has filled the environment. In the time
// that this took somebody may have extended it.
func (s *Service) markSeeded(ctx context.Context, c *claim, from Origin, created string) (Live, error) {
	asked := c.Row()
	now, err := s.observe(ctx, asked.ID)
	if err != nil {
		return Live{}, err
	}
	if now.Namespace == nil {
		return Live{}, events.Errorf(events.KindUnavailable, "", "namespace %s is gone", asked.ID)
	}
	if err := refuse(*now.Namespace, s.owner(asked.ID), Origin{}); err != nil {
		return Live{}, err
	}
	from.Ends = expiry(asked, now)
	return s.apply(ctx, c, asked.Body.Document.namespace(from, created), *now.Namespace)
}

// settled reads what is there, and lets an environment that is going away go
// first: nothing is ever put into a namespace that is being deleted.
func (s *Service) settled(ctx context.Context, name string, p *progress) (Current, error) {
	p.step("namespace", "")
	now, err := s.observe(ctx, name)
	if err != nil || !now.Terminating || !now.Namespace.ours(s.owner(name)) {
		return now, err
	}
	p.step("namespace", "waiting until the namespace of before is gone")
	if err := s.awaitGone(ctx, *now.Namespace); err != nil {
		return now, err
	}
	p.advanced()
	return s.observe(ctx, name)
}

// created is when the environment was first made.
func (s *Service) created(now Current) string {
	if now.Namespace != nil && now.Namespace.Annotations[AnnotationCreated] != "" {
		return now.Namespace.Annotations[AnnotationCreated]
	}
	return s.deps.Stamp.Now().UTC().Format(time.RFC3339)
}

// applied is what a plan has brought about.
type applied struct {
	namespace Live
	// cluster tells the cluster from others, "" when that is not known.
	cluster string
	// generations are those of the Deployments, by name.
	generations map[string]int64
}

// carryOut takes the steps of the plan, those of one stage at the same time.
func (s *Service) carryOut(ctx context.Context, c *claim, plan Plan, p *progress) (applied, error) {
	got := applied{generations: map[string]int64{}}
	done := 0
	for stage := stageNamespace; stage <= stagePrune; stage++ {
		steps := plan.stage(stage)
		lives, err := s.takeSteps(ctx, c, steps)
		if err != nil {
			return got, err
		}
		for i, step := range steps {
			switch {
			case step.Kind == kindNamespace:
				got.namespace = lives[i]
			case step.Kind == kindDeployment && step.Verb != Prune:
				got.generations[step.Name] = lives[i].Generation
			}
		}
		done += len(steps)
		p.count("apply", "", done, len(plan))
	}
	return got, nil
}

// takeSteps takes steps at the same time, as many as Config.Parallel. The error is
// that of the first step that failed.
func (s *Service) takeSteps(ctx context.Context, c *claim, steps Plan) ([]Live, error) {
	lives, errs := make([]Live, len(steps)), make([]error, len(steps))
	events.Parallel(len(steps), s.deps.Config.Parallel, func(i int) {
		if step := steps[i]; step.Verb == Prune {
			errs[i] = s.remove(ctx, c, step.Live)
		} else {
			lives[i], errs[i] = s.apply(ctx, c, step.Object, step.Live)
		}
	})
	return lives, firstOf(errs)
}
