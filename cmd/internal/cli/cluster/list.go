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
	return &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List clusters", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return list(cmd.Context(), d) },
	}
}

func list(ctx context.Context, d *kit.Deps) error {
	clusters, err := d.Clusters()
	if err != nil {
		return err
	}
	all, err := clusters.List(ctx)
	if err != nil {
		return err
	}
	return d.Show(listView(all))
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
func complete(d *kit.Deps) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 || d.Settle(cmd) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		clusters, err := d.Clusters()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		all, _ := clusters.List(cmd.Context()) // completion has nowhere to report it
		var names []string
		for _, s := range all {
			if strings.HasPrefix(s.Name, prefix) {
				names = append(names, s.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
