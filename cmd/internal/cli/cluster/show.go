package cluster

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/provisioner"
)

func newShow(d *kit.Deps) *cobra.Command {
	var server kit.Server
	cmd := &cobra.Command{
		Use: "show NAME", Short: "Show a cluster and its nodes", Args: cobra.ExactArgs(1), ValidArgsFunction: complete(d, &server),
		RunE: func(cmd *cobra.Command, args []string) error { return show(cmd.Context(), d, &server, args[0]) },
	}
	server.Flags(cmd.Flags())
	server.OwnFlag(cmd.Flags())
	return cmd
}

func show(ctx context.Context, d *kit.Deps, server *kit.Server, name string) error {
	return With(ctx, d, server, func(c Clusters) error {
		status, err := c.Show(ctx, name)
		if err != nil {
			return err
		}
		return d.Show(showView(status))
	})
}

func showView(s provisioner.Status) kit.Result {
	return kit.Result{Value: s, Draw: func(w io.Writer) {
		fmt.Fprintf(w, "%s is %s (driver %s, %s, %s)\n", s.Name, s.State, s.Driver, kit.OrDash(s.Version), kit.OrDash(s.Server))
		if s.Reason != "" {
			fmt.Fprintf(w, "reason: %s\n", s.Reason)
		}
		rows := make([][]string, 0, len(s.Nodes))
		for _, n := range s.Nodes {
			rows = append(rows, []string{n.Name, nodeState(n), kit.OrDash(n.Address), kit.OrDash(n.Zone), kit.OrDash(n.ProviderID)})
		}
		kit.Table(w, "no nodes", "NODE STATE ADDRESS ZONE PROVIDER-ID", rows)
	}}
}

func nodeState(n provisioner.Node) string {
	switch {
	case n.Ready:
		return "ready"
	case !n.Powered:
		return "off"
	default:
		return "not-ready"
	}
}
