package monkey

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// runs are what the start asks for; with none, why says why.
func (s *Service) runs(ctx context.Context, d due) (runs []events.RunStart, why string, err error) {
	environments, err := s.environments(ctx)
	if err != nil {
		return nil, "", err
	}
	if err := plan.OneProject(d.row.Document, Members(environments, s.deps.Experiments)); err != nil {
		return nil, err.Error(), nil
	}
	if isMonkey(d.row.Document) {
		return drawn(d, environments, s.deps.Experiments)
	}
	return named(d, environments, s.deps.Experiments)
}

// drawn is the run of a fault that was drawn.
func drawn(d due, environments []events.Environment, experiments []Experiment) ([]events.RunStart, string, error) {
	env, component, ok := memberOf(environments, d.start.Member)
	if !ok {
		return nil, d.start.Member + " is not there any more", nil
	}
	groups, left := plan.Groups(d.row.Document, Members(environments, experiments))
	in := func(g plan.Group) bool { return slices.Contains(g.Members, d.start.Member) }
	if !slices.ContainsFunc(groups, in) {
		return nil, joined(d.start.Member+" is not hit any more", left[d.start.Member]), nil
	}
	e, _ := hypothesis(experiments, env, component) // a member has one
	raw, err := derive(e.Document, d.plan.Schedule, component, *d.start.Fault)
	if err != nil {
		return nil, "", err
	}
	return []events.RunStart{run(d.start.ID, d.plan.Schedule, env, raw)}, "", nil
}

// named are the runs of experiments that cron starts, in each environment that they mean.
func named(d due, environments []events.Environment, experiments []Experiment) ([]events.RunStart, string, error) {
	var runs []events.RunStart
	for _, env := range environments {
		if !plan.Chosen(d.row.Document.Spec.Environments, plan.Member{Project: env.Project, Environment: env.Name, EnvironmentLabels: env.Labels}) {
			continue
		}
		for _, name := range d.plan.Experiments {
			i := slices.IndexFunc(experiments, func(e Experiment) bool { return e.Name == name && e.fits(env) })
			if i >= 0 {
				id := fmt.Sprintf("%s-%d", d.start.ID, len(runs)+1)
				runs = append(runs, run(id, d.plan.Schedule, env, experiments[i].Document))
			}
		}
	}
	if len(runs) == 0 {
		return nil, "no environment that it chooses is there for its experiments", nil
	}
	return runs, "", nil
}

func run(id, schedule string, env events.Environment, document []byte) events.RunStart {
	return events.RunStart{Run: id, Spec: document, Environment: env.Name, Trigger: "schedule", By: "schedule " + schedule}
}

func memberOf(environments []events.Environment, member string) (events.Environment, string, bool) {
	for _, env := range environments {
		for _, c := range env.Components {
			if env.Name+"/"+c.Name == member {
				return env, c.Name, true
			}
		}
	}
	return events.Environment{}, "", false
}

// derive is the experiment with the fault in the place of its method, and nothing else.
func derive(document []byte, schedule, component string, f spec.Fault) ([]byte, error) {
	var d map[string]any
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, fmt.Errorf("read the experiment of %s: %w", component, err)
	}
	body, _ := d["spec"].(map[string]any)
	metadata, _ := d["metadata"].(map[string]any)
	if body == nil || metadata == nil {
		return nil, fmt.Errorf("the experiment of %s has no spec or no metadata", component)
	}
	metadata["name"] = events.Slug(schedule + "-" + component)
	target := map[string]any{"component": component}
	if f.Count > 0 {
		target["count"] = f.Count
	}
	if f.Percent > 0 {
		target["percent"] = f.Percent
	}
	step := map[string]any{"fault": f.Fault, "target": target}
	if len(f.Params) > 0 {
		step["params"] = f.Params
	}
	if f.Duration > 0 {
		step["duration"] = f.Duration
	}
	body["method"] = []any{step}
	delete(body, "on")
	delete(body, "environments")
	return json.Marshal(d)
}
