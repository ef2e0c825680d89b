package env

import (
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

// Complete completes the names of environments from the server.
func Complete(d *kit.Deps, server *kit.Server) cobra.CompletionFunc {
	return kit.Complete(d, server, events.EnvironmentListCall, events.Nothing{}, func(a events.EnvironmentsAnswer) []string {
		var names []string
		for _, e := range a.Environments {
			names = append(names, e.Name)
		}
		return names
	})
}
