package cluster

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/provisioner"
)

func newList(d *kit.Deps) *cobra.Command {
	var server kit.Server
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List clusters", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return list(cmd.Context(), d, &server) },
	}
	server.Flags(cmd.Flags())
	server.OwnFlag(cmd.Flags())
	return cmd
}

func list(ctx context.Context, d *kit.Deps, server *kit.Server) error {
	return With(ctx, d, server, func(c Clusters) error {
		all, err := c.List(ctx)
		if err != nil {
			return err
		}
		return d.Show(listView(all))
	})
}

func listView(all []provisioner.Status) kit.Result {
	return kit.Result{Value: all, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(all))
		for _, s := range all {
			rows = append(rows, []string{s.Name, s.Driver, string(s.State), nodesText(s), kit.OrDash(s.Version), kit.OrDash(s.Server)})
		}
		kit.Table(w, "no clusters", "NAME DRIVER STATE NODES VERSION SERVER", rows)
	}}
}

func nodesText(s provisioner.Status) string {
	ready := 0
	for _, n := range s.Nodes {
		if n.Ready {
			ready++
		}
	}
	return fmt.Sprintf("%d/%d", ready, len(s.Nodes))
}

// complete completes the names of clusters.
func complete(d *kit.Deps, server *kit.Server) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 || d.Settle(cmd) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var all []provisioner.Status
		_ = With(cmd.Context(), d, server, func(c Clusters) (err error) {
			all, err = c.List(cmd.Context())
			return err
		}) // completion has nowhere to report it
		var names []string
		for _, s := range all {
			if strings.HasPrefix(s.Name, prefix) {
				names = append(names, s.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
