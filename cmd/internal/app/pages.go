package app

import (
	"context"

	"github.com/shakedown-dev/shakedown/cmd/internal/web"
	"github.com/shakedown-dev/shakedown/events"
)

// openPages adds the pages to the listener. They ask the services that answer on the
// bus, wherever those run.
func (a *App) openPages(context.Context) error {
	if a.listener != nil {
		a.mux.Handle("/", web.New(web.Config{Caller: events.Explained{Caller: a.bus}, Stamp: a.stamp("web"), Log: a.options.Log}))
	}
	return nil
}
