package app

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey"
	"github.com/shakedown-dev/shakedown/chaos/monkey/feed"
)

// monkeyService plans what schedules start, and starts it. Without experiments nobody would
// run that.
func monkeyService(runs string) Service {
	return Service{
		Name: "monkey", Summary: "schedules: plans of faults and experiments, and their starts",
		For: runs, Kinds: schedules(),
		open: func(_ context.Context, a *App) (runner, error) { return openMonkey(a) },
	}
}

func openMonkey(a *App) (runner, error) {
	experiments, err := PlannedExperiments(a.options.Documents)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	return monkey.New(monkey.Deps{
		Bus: a.bus, Caller: a.bus, Store: a.bus, Stamp: a.stamp("monkey"), Log: a.options.Log, Registerer: a.registry,
		Owner: a.owner, Now: a.options.Now, Ticks: func() time.Duration { return time.Since(began) },
		Calendars: feed.New(), Experiments: experiments, Checks: drawnChecks(), Config: monkey.DefaultConfig(),
		Checkpoint: a.checkpoint("monkey"),
	})
}
