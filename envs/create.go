package envs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// create makes the environment match the request and waits until it is ready. An
// error is worth another try unless it is final.
func (s *Service) create(ctx context.Context, req request, t *teller) (outcome, error) {
	doc, err := Parse(req.Create.Spec)
	if err != nil {
		return rejected(req.Name, req.origin(), err), nil
	}
	doc = doc.WithDefaults()
	now, err := s.settled(ctx, req, t)
	if err != nil {
		return outcome{}, err
	}
	from := req.origin()
	from.Seeded = seededBy(doc, now)
	plan, err := NewPlan(doc.Objects(from, s.created(now)), now, from)
	if err != nil {
		return rejected(req.Name, req.origin(), err), nil
	}
	watch := s.follow(ctx, req.Name)
	defer watch.close()
	applied, err := s.apply(ctx, plan, t)
	if err != nil {
		return outcome{}, err
	}
	o, err := s.await(ctx, req, applied, watch, t)
	if err != nil || o.ready == nil || doc.Spec.Seed == "" || from.Seeded != "" {
		return o, err
	}
	return s.seed(ctx, req, o, t, func(seeded string) error {
		from.Seeded = seeded
		_, err := s.Cluster.Apply(ctx, doc.namespace(from, s.created(now)), applied.namespace.UID)
		return err
	})
}

// settled reads what is there, and lets an environment that is going away go
// first: nothing is ever put into a namespace that is being deleted.
func (s *Service) settled(ctx context.Context, req request, t *teller) (Current, error) {
	t.step("namespace", "")
	now, err := s.Cluster.Observe(ctx, req.Name)
	if err != nil || !now.Terminating || !now.Namespace.ours(req.Name) {
		return now, err
	}
	t.step("namespace", "waiting until the namespace of before is gone")
	if err := s.awaitGone(ctx, *now.Namespace); err != nil {
		return now, err
	}
	return s.Cluster.Observe(ctx, req.Name)
}

// created is when the environment was first made.
func (s *Service) created(now Current) string {
	if now.Namespace != nil && now.Namespace.Annotations[AnnotationCreated] != "" {
		return now.Namespace.Annotations[AnnotationCreated]
	}
	return s.Stamp.Now().UTC().Format(time.RFC3339)
}

// applied is what apply has brought about.
type applied struct {
	namespace Live
	// generations are those of the Deployments, by name.
	generations map[string]int64
}

// apply takes the steps of the plan, those of one stage at the same time.
func (s *Service) apply(ctx context.Context, plan Plan, t *teller) (applied, error) {
	got := applied{generations: map[string]int64{}}
	done := 0
	for stage := stageNamespace; stage <= stagePrune; stage++ {
		steps := plan.stage(stage)
		lives, errs := s.takeSteps(ctx, steps)
		if err := errors.Join(errs...); err != nil {
			return got, first(errs)
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
		t.count("apply", "", done, len(plan))
	}
	return got, nil
}

// takeSteps takes steps at the same time, as many as Config.Parallel.
func (s *Service) takeSteps(ctx context.Context, steps Plan) ([]Live, []error) {
	lives, errs := make([]Live, len(steps)), make([]error, len(steps))
	slots := make(chan struct{}, s.Config.Parallel)
	var wg sync.WaitGroup
	for i, step := range steps {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if step.Verb == Prune {
				errs[i] = s.Cluster.Remove(ctx, step.Live)
				return
			}
			lives[i], errs[i] = s.Cluster.Apply(ctx, step.Object, step.Live.UID)
		})
	}
	wg.Wait()
	return lives, errs
}

func first(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// await watches until the environment is ready, or surely will not be.
func (s *Service) await(ctx context.Context, req request, got applied, watch *following, t *teller) (outcome, error) {
	w := newWaiter(s.Config, got.generations, s.Stamp.Now())
	timer := time.NewTimer(s.Config.Deadline)
	defer timer.Stop()
	var last Snapshot
	for {
		select {
		case <-ctx.Done():
			return outcome{}, ctx.Err()
		case err := <-watch.failed:
			return outcome{}, fmt.Errorf("watch environment %s: %w", req.Name, err)
		case last = <-watch.latest:
			done, total, message := progress(last.Deployments)
			t.count("wait", message, done, total)
		case <-timer.C:
		}
		v := w.judge(last, s.Stamp.Now())
		switch {
		case v.ready:
			return s.readyOutcome(req, got, last), nil
		case v.finding != nil:
			return s.failedOutcome(ctx, req, *v.finding), nil
		}
		timer.Reset(v.again)
	}
}

func (s *Service) readyOutcome(req request, got applied, last Snapshot) outcome {
	now := s.Stamp.Now()
	view := View(Seen{Namespace: got.namespace, Deployments: last.Deployments}, last, now)
	return outcome{ready: &events.EnvironmentReady{
		Environment: view, Took: events.Duration(max(0, now.Sub(req.Asked.Time)).Round(time.Millisecond)),
	}}
}

func (s *Service) failedOutcome(ctx context.Context, req request, f Finding) outcome {
	if f.Pod != "" {
		f = f.With(s.Cluster.Evidence(ctx, req.Name, f.Pod, f.Container))
	}
	return outcome{failed: &events.EnvironmentFailed{
		Name: req.Name, Component: f.Component, Reason: f.Reason, Message: f.Message,
	}}
}

// following is a watch that keeps the newest snapshot only.
type following struct {
	latest chan Snapshot
	failed chan error
	stop   context.CancelFunc
	wg     sync.WaitGroup
}

func (s *Service) follow(ctx context.Context, name string) *following {
	ctx, stop := context.WithCancel(ctx)
	f := &following{latest: make(chan Snapshot, 1), failed: make(chan error, 1), stop: stop}
	f.wg.Go(func() {
		if err := s.Cluster.Watch(ctx, name, f.show); err != nil {
			f.failed <- err
		}
	})
	return f
}

// show replaces a snapshot that nobody has looked at yet. It is the only sender.
func (f *following) show(snapshot Snapshot) bool {
	select {
	case <-f.latest:
	default:
	}
	f.latest <- snapshot
	return true
}

func (f *following) close() {
	f.stop()
	f.wg.Wait()
}
