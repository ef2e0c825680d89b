package monkey

import (
	"cmp"
	"maps"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/events"
)

// Experiment is an experiment document as far as schedules need to know it.
type Experiment struct {
	Name   string
	Labels map[string]string
	// Components are those that its method hits: its hypothesis speaks of them.
	Components []string
	// Template and EnvironmentLabels are which environments it means; "" and none mean all.
	Template          string
	EnvironmentLabels map[string]string
	// Document is the whole of it, as JSON.
	Document []byte
}

// fits says whether the experiment means the environment.
func (e Experiment) fits(env events.Environment) bool {
	if e.Template != "" && e.Template != env.Template {
		return false
	}
	for key, value := range e.EnvironmentLabels {
		if is, ok := env.Labels[key]; !ok || is != value {
			return false
		}
	}
	return true
}

// means says whether it speaks of the component of the environment.
func (e Experiment) means(env events.Environment, component string) bool {
	return e.fits(env) && slices.Contains(e.Components, component)
}

// hypothesis is the experiment whose hypothesis a fault of the component is a test of: of
// several, the first by name.
func hypothesis(experiments []Experiment, env events.Environment, component string) (Experiment, bool) {
	fitting := slices.DeleteFunc(slices.Clone(experiments), func(e Experiment) bool { return !e.means(env, component) })
	if len(fitting) == 0 {
		return Experiment{}, false
	}
	return slices.MinFunc(fitting, func(a, b Experiment) int { return cmp.Compare(a.Name, b.Name) }), true
}

// Members are the components of the environments. One of which no experiment states a
// hypothesis says so, and is not hit.
func Members(environments []events.Environment, experiments []Experiment) []plan.Member {
	var all []plan.Member
	for _, env := range environments {
		for _, c := range env.Components {
			m := plan.Member{
				Name: env.Name + "/" + c.Name, Project: env.Project, Environment: env.Name, Component: c.Name,
				EnvironmentLabels: maps.Clone(env.Labels), Labels: maps.Clone(c.Labels), Annotations: maps.Clone(c.Annotations),
			}
			if _, ok := hypothesis(experiments, env, c.Name); !ok {
				m.Lacks = "no experiment states a hypothesis for it"
			}
			all = append(all, m)
		}
	}
	return all
}
