package cluster

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

func newDestroy(d *kit.Deps) *cobra.Command {
	var server kit.Server
	cmd := &cobra.Command{
		Use: "destroy NAME", Aliases: []string{"delete", "rm"}, Short: "Destroy a sandbox, or forget a registered cluster",
		Args: cobra.ExactArgs(1), ValidArgsFunction: complete(d, &server),
		RunE: func(cmd *cobra.Command, args []string) error { return destroy(cmd.Context(), d, &server, args[0]) },
	}
	server.Flags(cmd.Flags())
	server.OwnFlag(cmd.Flags())
	return cmd
}

func destroy(ctx context.Context, d *kit.Deps, server *kit.Server, name string) error {
	err := With(ctx, d, server, func(c Clusters) error { return c.Destroy(ctx, name, d.Steps()) })
	if err != nil {
		return err
	}
	return d.Show(kit.Done(map[string]string{"cluster": name, "done": "destroyed"}, "%s is gone", name))
}
