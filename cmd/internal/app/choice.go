package app

import (
	"context"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// chosen are the rows of the services that were named, else all. A process without a
// listener has what needs one only when it is named.
func (o Options) chosen() []Service {
	table := o.Table
	if table == nil {
		table = Services()
	}
	var chosen []Service
	for _, s := range table {
		named := slices.Contains(o.Services, s.Name)
		if named || len(o.Services) == 0 && (o.listens() || !s.needs(listenerNeed().Name)) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// lacks are the needs of the service that the options do not name.
func (o Options) lacks(s Service) []Need {
	return slices.DeleteFunc(slices.Clone(s.Needs), func(n Need) bool { return !n.Absent(o) })
}

// choose divides the services into those that run, and the states of all. Those that were
// named must lack nothing; of all services, those run that do. Errors: *events.Error of
// KindInvalid for a name that no service has, and for what a named one lacks.
func (o Options) choose() ([]Service, []events.ServiceState, error) {
	if err := unknown(o.Services); err != nil {
		return nil, nil, err
	}
	var run []Service
	var states []events.ServiceState
	for _, s := range o.chosen() {
		lacks := o.lacks(s)
		if len(lacks) > 0 && len(o.Services) > 0 {
			return nil, nil, lacks[0].missing(s.Name)
		}
		state := stateOf(s.Name, lacks)
		if i := slices.IndexFunc(states, func(t events.ServiceState) bool { return t.Name == s.For && !t.Runs }); i >= 0 {
			state.Runs, state.Lacks, state.Advice = false, s.For, states[i].Advice
		}
		if state.Runs {
			run = append(run, s)
		}
		states = append(states, state)
	}
	return run, states, nil
}

func stateOf(name string, lacks []Need) events.ServiceState {
	var what, advice []string
	for _, n := range lacks {
		what, advice = append(what, n.What), append(advice, n.Advice)
	}
	return events.ServiceState{Name: name, Runs: len(lacks) == 0, Lacks: strings.Join(what, ", "), Advice: strings.Join(advice, "; ")}
}

// States says which services would run with the options, and what the others lack.
func (o Options) States() ([]events.ServiceState, error) {
	_, states, err := o.choose()
	return states, err
}

// States says which services run, and what the others lack.
func (a *App) States() []events.ServiceState { return a.states }

// openChoice decides what runs.
func (a *App) openChoice(context.Context) (err error) {
	a.services, a.states, err = a.options.choose()
	return err
}

// openStates answers who asks why a service does not run. A process that was to run only
// some cannot say.
func (a *App) openStates(ctx context.Context) error {
	if len(a.options.Services) > 0 {
		return nil
	}
	// The end of the bus is the end of the subscription.
	_, err := events.ServiceListCall.Answer(context.WithoutCancel(ctx), a.bus, a.stamp("server"),
		func(context.Context, events.Nothing) (events.ServicesAnswer, error) {
			return events.ServicesAnswer{Services: a.states}, nil
		})
	return err
}

// need says whether a service that runs has the need.
func (a *App) need(name string) bool {
	return slices.ContainsFunc(a.services, func(s Service) bool { return s.needs(name) })
}
