package server

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// NewServe is the command serve.
func NewServe(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "serve SERVICE...", Short: "Run the named services against a NATS cluster",
		Long: `Run the named services against a NATS cluster. Any number of replicas may run; they
share the work.

Services:
` + servicesText(),
		Example: `  shakedown serve chaos experiments --nats nats://nats:4222 --prometheus http://prometheus:9090`,
		Args:    cobra.MinimumNArgs(1), ValidArgs: app.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.app.NATS.URL == "" {
				return kit.Usagef(cmd.CommandPath(), "serve needs --nats; a server with NATS built in is: shakedown up")
			}
			o.app.Services = args
			return run(cmd.Context(), d, &o)
		},
	}
	kit.NATSFlags(cmd.Flags(), &o.app.NATS)
	o.flags(cmd.Flags())
	return cmd
}

// servicesText lists the services, one a line.
func servicesText() string {
	var lines []string
	for _, s := range app.Services() {
		lines = append(lines, fmt.Sprintf("  %-12s %s", s.Name, s.Summary))
	}
	return strings.Join(lines, "\n")
}
