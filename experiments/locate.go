package experiments

import (
	"context"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// locate fills in the environment: from the event that began the run, by asking for
// it, or by reading the namespace given.
func (s *Service) locate(ctx context.Context, st *state) (verdict.Ending, error) {
	req := st.row.Request
	switch {
	case st.row.Environment != nil:
		st.rec.Environment = *st.row.Environment
	case req.Environment != "":
		return s.lookUp(ctx, st)
	case req.Namespace == "":
		return verdict.Ending{NotRun: "neither an environment nor a namespace was given", Advice: "shakedown env list"}, nil
	}
	namespace := st.rec.Environment.Namespace
	if !events.IsDNSLabel(namespace) {
		return verdict.Ending{NotRun: fmt.Sprintf("%q is not the name of a namespace", namespace)}, nil
	}
	if st.row.Environment == nil {
		return s.survey(ctx, st, namespace)
	}
	return verdict.Ending{}, nil
}

// survey reads what runs in a namespace, to be compared at the end.
func (s *Service) survey(ctx context.Context, st *state, namespace string) (verdict.Ending, error) {
	found, err := s.workloads(ctx, namespace)
	switch {
	case err == nil:
		st.rec.Environment = found
		return verdict.Ending{}, nil
	case ctx.Err() != nil:
		return verdict.Ending{}, ctx.Err()
	case events.KindOf(err) == events.KindNotFound:
		return verdict.Ending{NotRun: err.Error(), Advice: "kubectl get namespaces"}, nil
	}
	return verdict.Ending{NotRun: fmt.Sprintf("namespace %s could not be read: %v", namespace, err), Advice: "shakedown doctor"}, nil
}

func (s *Service) lookUp(ctx context.Context, st *state) (verdict.Ending, error) {
	name := st.row.Request.Environment
	answer, err := s.environment(ctx, name)
	switch {
	case err == nil:
		env := environmentOf(answer)
		st.row.Environment, st.rec.Environment = &env, env
		return verdict.Ending{}, nil
	case ctx.Err() != nil:
		return verdict.Ending{}, ctx.Err()
	case events.KindOf(err) == events.KindNotFound:
		return verdict.Ending{NotRun: fmt.Sprintf("there is no environment %s", name), Advice: "shakedown env list"}, nil
	case events.KindOf(err) == events.KindRefused:
		return verdict.Ending{NotRun: err.Error(), Advice: "shakedown env show " + name}, nil
	}
	return verdict.Ending{NotRun: fmt.Sprintf("environment %s could not be looked up: %v", name, err), Advice: "shakedown doctor"}, nil
}

// environment asks for an environment.
func (s *Service) environment(ctx context.Context, name string) (events.Environment, error) {
	return persist(ctx, s.cfg, func(ctx context.Context) (events.Environment, error) {
		answer, err := events.EnvironmentShowCall.Ask(ctx, s.deps.Caller, s.deps.Stamp.First(name), events.EnvironmentQuery{Name: name})
		return answer.Environment, err
	})
}

// workloads reads what runs in a namespace.
func (s *Service) workloads(ctx context.Context, namespace string) (record.Environment, error) {
	return persist(ctx, s.cfg, func(ctx context.Context) (record.Environment, error) { return s.deps.Workloads(ctx, namespace) })
}

// persist asks again and again for Config.EnvironmentTimeout, until there is an answer.
func persist[T any](ctx context.Context, c Config, ask func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, c.EnvironmentTimeout)
	defer cancel()
	for {
		answer, err := once(ctx, c.SampleTimeout, ask)
		if err == nil || events.KindOf(err) == events.KindNotFound || events.KindOf(err) == events.KindRefused || !events.Wait(ctx, c.Poll) {
			return answer, err
		}
	}
}

func once[T any](ctx context.Context, limit time.Duration, ask func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return ask(ctx)
}

func environmentOf(e events.Environment) record.Environment {
	return record.Environment{
		Name: e.Name, Namespace: e.Namespace, Template: e.Template, Project: e.Project, Revision: e.Revision,
		Labels: e.Labels, Components: deployed(e.Components), Created: e.Created,
	}
}

// deployed are the components as they are there: whatever is wanted, a run breaks these.
func deployed(all []events.EnvironmentComponent) []events.EnvironmentComponent {
	var there []events.EnvironmentComponent
	for _, c := range all {
		if c.Missing {
			continue
		}
		if d := c.Deployed; d != nil {
			c.Image, c.Replicas, c.Ready, c.Deployed = d.Image, d.Replicas, d.Ready, nil
		}
		there = append(there, c)
	}
	return there
}

// halted asks whether the emergency stop is pulled. Where nobody answers the run goes
// on: the injection, which does harm, will not be answered either.
func (s *Service) halted(ctx context.Context, st *state) verdict.Ending {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.SampleTimeout)
	defer cancel()
	stop, err := events.StopStateCall.Ask(ctx, s.deps.Caller, s.deps.Stamp.First(st.row.Run), events.Nothing{})
	if err != nil {
		st.rec.AddNote(s.deps.Now(), fmt.Sprintf("chaos did not say whether the emergency stop is pulled: %v", err))
		return verdict.Ending{}
	}
	if !stop.Engaged {
		return verdict.Ending{}
	}
	return verdict.Ending{NotRun: "the emergency stop is engaged: " + stop.Reason, Guard: events.GuardStop, Advice: "shakedown chaos resume"}
}
