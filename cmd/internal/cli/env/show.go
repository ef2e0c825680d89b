package env

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

type showOptions struct {
	server kit.Server
	name   string
}

func newShow(d *kit.Deps) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use: "show NAME", Short: "Show one environment", Args: cobra.ExactArgs(1),
		ValidArgsFunction: Complete(d, &o.server),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			return show(cmd.Context(), d, &o)
		},
	}
	o.server.Flags(cmd.Flags())
	return cmd
}

func show(ctx context.Context, d *kit.Deps, o *showOptions) error {
	return kit.Query(ctx, d, &o.server, events.EnvironmentShowCall, events.EnvironmentQuery{Name: o.name}, showView)
}

func showView(a events.EnvironmentAnswer) kit.Result {
	return kit.Result{Value: a, Draw: func(w io.Writer) {
		e := a.Environment
		fmt.Fprintf(w, "%s is %s in namespace %s\n", e.Name, e.Phase, e.Namespace)
		if e.Ends != "" {
			fmt.Fprintf(w, "it is destroyed at %s; shakedown env extend %s lets it live on\n", e.Ends, e.Name)
		}
		if e.Problem != "" {
			fmt.Fprintf(w, "problem: %s\n", e.Problem)
		}
		if e.Waiting != "" {
			fmt.Fprintf(w, "waiting: %s\n", e.Waiting)
		}
		rows := make([][]string, 0, len(e.Components))
		for _, c := range e.Components {
			rows = append(rows, []string{c.Name, fmt.Sprintf("%d/%d", c.Ready, c.Replicas), imageText(c)})
		}
		kit.Table(w, "no components", "COMPONENT READY IMAGE", rows)
		if len(a.Objects) > 0 {
			fmt.Fprintf(w, "objects: %s\n", strings.Join(a.Objects, ", "))
		}
	}}
}

// imageText is the image that is wanted, and what is there in its place.
func imageText(c events.EnvironmentComponent) string {
	switch {
	case c.Missing:
		return c.Image + " (missing)"
	case len(c.Outdated) > 0:
		return c.Image + " (still serving: " + strings.Join(c.Outdated, ", ") + ")"
	}
	return c.Image
}
