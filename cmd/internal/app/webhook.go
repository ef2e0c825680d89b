package app

import (
	"context"
	"net/http"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/events/webhook"
)

const hookService = "webhook"

// webhookService turns what CI posts into events, for the service that builds from them.
func webhookService(builder string) Service {
	var secretFile string
	return Service{
		Name: hookService, Summary: "what CI posts becomes an event",
		Needs: []Need{listenerNeed()},
		For:   builder,
		Flags: func(flags *pflag.FlagSet) {
			flags.StringVar(&secretFile, "hook-secret-file", "",
				"`file` with the webhook's secrets, one a line; \"PROJECT SECRET\" is one of that project alone (default: hook.secret in the data directory, made on first use)")
		},
		open: func(_ context.Context, a *App) (runner, error) { return nil, a.openWebhook(secretFile) },
	}
}

func (a *App) openWebhook(secretFile string) error {
	keys, err := hookKeys(secretFile, a.options)
	if err != nil {
		return err
	}
	a.hooks.Handle("/v1/hooks/", webhook.New(webhook.Config{
		Bus: a.bus, Secrets: keys.Shared, Projects: keys.Projects, Now: a.options.Now, Log: a.options.Log,
	}))
	return nil
}

// refuseHooks answers webhooks where the service does not run, so that CI is not told that
// its build was taken.
func (a *App) refuseHooks() {
	for _, s := range a.states {
		if s.Name == hookService && !s.Runs {
			a.hooks.HandleFunc("/v1/hooks/", func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, "builds are not taken: this server does not run "+s.Lacks+"; "+s.Advice, http.StatusServiceUnavailable)
			})
		}
	}
}
