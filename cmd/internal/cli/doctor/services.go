package doctor

import (
	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/events"
)

// possibleServices reports what would run in a server with the options.
func possibleServices(o app.Options) []checkup {
	o.Listen = "127.0.0.1:0" // a server listens unless it is told otherwise
	states, err := o.States()
	if err != nil {
		return []checkup{newCheckup("service", "all", "", err)}
	}
	return serviceCheckups(states, "can run")
}

// installationCheckups reports whose environments the server makes; nothing when it does
// not say.
func installationCheckups(id string) []checkup {
	if id == "" {
		return nil
	}
	return []checkup{newCheckup("server", "installation", id, nil)}
}

// serviceCheckups reports the services that run, in the words that say so, and what the
// others lack.
func serviceCheckups(states []events.ServiceState, runs string) []checkup {
	list := make([]checkup, 0, len(states))
	for _, s := range states {
		var err error
		if !s.Runs {
			err = events.Errorf(events.KindUnavailable, s.Advice, "lacks %s", s.Lacks)
		}
		list = append(list, newCheckup("service", s.Name, runs, err))
	}
	return list
}
