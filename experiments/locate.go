package experiments

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// locate fills in the environment: from the event that began the run, by asking for
// it, or just the namespace given.
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
	if !events.IsDNSLabel(st.rec.Environment.Namespace) {
		return verdict.Ending{NotRun: fmt.Sprintf("%q is not the name of a namespace", st.rec.Environment.Namespace)}, nil
	}
	return verdict.Ending{}, nil
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

// environment asks for an environment, again and again for Config.EnvironmentTimeout.
func (s *Service) environment(ctx context.Context, name string) (events.Environment, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.EnvironmentTimeout)
	defer cancel()
	for {
		answer, err := s.showEnvironment(ctx, name)
		if err == nil || events.KindOf(err) == events.KindNotFound || events.KindOf(err) == events.KindRefused || !events.Wait(ctx, s.cfg.Poll) {
			return answer.Environment, err
		}
	}
}

func (s *Service) showEnvironment(ctx context.Context, name string) (events.EnvironmentAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.SampleTimeout)
	defer cancel()
	return events.EnvironmentShowCall.Ask(ctx, s.deps.Caller, s.deps.Stamp.First(name), events.EnvironmentQuery{Name: name})
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
