package app

import (
	"context"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/web"
)

// openPages adds the pages to the listener.
func (a *App) openPages(context.Context) error {
	if a.listener != nil {
		a.mux.Handle("/", web.New(pages{a}, a.options.Log))
	}
	return nil
}

// pages reads the runs for the web pages, wherever the service that knows them
// runs.
type pages struct{ app *App }

// List returns runs, newest first.
func (p pages) List(ctx context.Context, query events.RunsQuery) ([]events.RunSummary, error) {
	answer, err := events.RunListCall.Ask(ctx, p.app.bus, p.app.stamp("web").First(""), query)
	return answer.Runs, err
}

// Show returns one run record.
func (p pages) Show(ctx context.Context, run string) (experiments.Record, error) {
	answer, err := events.RunShowCall.Ask(ctx, p.app.bus, p.app.stamp("web").First(""), events.RunQuery{Run: run})
	if err != nil {
		return experiments.Record{}, err
	}
	return experiments.ParseRecord(answer.Record)
}
