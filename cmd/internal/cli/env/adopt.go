package env

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

type adoptOptions struct {
	server  kit.Server
	request events.EnvironmentAdopt
}

func newAdopt(d *kit.Deps) *cobra.Command {
	var o adoptOptions
	cmd := &cobra.Command{
		Use: "adopt NAME", Short: "Make an environment that of this installation",
		Long: `Make an environment that of this installation: one that an earlier version has made,
which "env list" shows as unadopted, or with --from that of an installation that is
gone. An installation is all servers and commands that share a data directory or a
NATS; "shakedown doctor" says its id. What is in the environment goes on running.`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: Complete(d, &o.server),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.request.Name = args[0]
			return adopt(cmd.Context(), d, &o)
		},
	}
	cmd.Flags().StringVar(&o.request.From, "from", "", "`id` of the installation that it is taken away from")
	o.server.Flags(cmd.Flags())
	o.server.StandaloneFlags(cmd.Flags(), "envs")
	return cmd
}

func adopt(ctx context.Context, d *kit.Deps, o *adoptOptions) error {
	return kit.Query(ctx, d, &o.server, events.EnvironmentAdoptCall, o.request, func(e events.Environment) kit.Result {
		return kit.Result{Value: e, Draw: func(w io.Writer) { fmt.Fprintf(w, "%s is ours; it is %s\n", e.Name, e.Phase) }}
	})
}
