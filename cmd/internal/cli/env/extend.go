package env

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

type extendOptions struct {
	server kit.Server
	name   string
	span   time.Duration
}

func newExtend(d *kit.Deps) *cobra.Command {
	var o extendOptions
	cmd := &cobra.Command{
		Use: "extend NAME", Short: "Let an environment live on: its ttl, or a time given, counted from now",
		Args: cobra.ExactArgs(1), ValidArgsFunction: Complete(d, &o.server),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			return extend(cmd.Context(), d, &o)
		},
	}
	cmd.Flags().DurationVar(&o.span, "for", 0, "how long from now (default: the ttl of the environment)")
	o.server.Flags(cmd.Flags())
	return cmd
}

func extend(ctx context.Context, d *kit.Deps, o *extendOptions) error {
	ask := events.EnvironmentExtend{Name: o.name, For: events.Duration(o.span)}
	return kit.Query(ctx, d, &o.server, events.EnvironmentExtendCall, ask, func(e events.Environment) kit.Result {
		return kit.Result{Value: e, Draw: func(w io.Writer) { fmt.Fprintf(w, "%s lives until %s\n", e.Name, e.Ends) }}
	})
}
