package cluster

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

func newDestroy(d *kit.Deps) *cobra.Command {
	return &cobra.Command{
		Use: "destroy NAME", Aliases: []string{"delete", "rm"}, Short: "Destroy a sandbox, or forget a registered cluster",
		Args: cobra.ExactArgs(1), ValidArgsFunction: complete(d),
		RunE: func(cmd *cobra.Command, args []string) error { return destroy(cmd.Context(), d, args[0]) },
	}
}

func destroy(ctx context.Context, d *kit.Deps, name string) error {
	clusters, err := d.Clusters()
	if err != nil {
		return err
	}
	if err := clusters.Remove(ctx, name, d.Steps()); err != nil {
		return err
	}
	return d.Show(kit.Done(map[string]string{"cluster": name, "done": "destroyed"}, "%s is gone", name))
}
