package app

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/events"
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
				"`file` with the webhook's secrets, one a line (default: hook.secret in the data directory, made on first use)")
		},
		open: func(_ context.Context, a *App) (runner, error) { return nil, a.openWebhook(secretFile) },
	}
}

func (a *App) openWebhook(secretFile string) error {
	secrets, err := hookSecrets(secretFile, a.options)
	if err != nil {
		return err
	}
	a.hooks.Handle("/v1/hooks/", webhook.New(webhook.Config{
		Bus: a.bus, Secrets: secrets, Now: a.options.Now, Log: a.options.Log,
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

func hookSecrets(file string, o Options) ([]string, error) {
	if file == "" {
		return HookSecrets(o.DataDir, o.NewID)
	}
	raw, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return nil, events.Errorf(events.KindNotFound, "check --hook-secret-file", "read webhook secrets: %w", err)
	}
	secrets := strings.Fields(string(raw))
	if len(secrets) == 0 {
		return nil, events.Errorf(events.KindInvalid, "write one secret a line", "read webhook secrets: %s is empty", file)
	}
	return secrets, nil
}

// HookSecrets are the secrets in the data directory. The first call makes one.
func HookSecrets(dataDir string, newID func() string) ([]string, error) {
	path := filepath.Join(dataDir, "hook.secret")
	if raw, err := os.ReadFile(path); err == nil && len(strings.Fields(string(raw))) > 0 { //nolint:gosec // our own file
		return strings.Fields(string(raw)), nil
	}
	secret := newID() + newID()
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write webhook secret: %w", err)
	}
	return []string{secret}, nil
}
