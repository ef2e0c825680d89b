package cluster

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

type kubeconfigOptions struct {
	name    string
	content bool
	out     string
}

func newKubeconfig(d *kit.Deps) *cobra.Command {
	var o kubeconfigOptions
	cmd := &cobra.Command{
		Use: "kubeconfig NAME", Short: "Print the path of a cluster's kubeconfig, or write its content elsewhere",
		Example: `  export KUBECONFIG=$(shakedown cluster kubeconfig demo)
  shakedown cluster kubeconfig demo --content > demo.kubeconfig`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: complete(d, new(kit.Server)),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			return kubeconfig(cmd.Context(), d, &o)
		},
	}
	cmd.Flags().BoolVar(&o.content, "content", false, "print the content instead of the path")
	cmd.Flags().StringVar(&o.out, "out", "", "`file` to write the content to, mode 0600")
	return cmd
}

func kubeconfig(ctx context.Context, d *kit.Deps, o *kubeconfigOptions) error {
	clusters, err := d.Clusters()
	if err != nil {
		return err
	}
	path, err := clusters.WriteKubeconfig(ctx, o.name)
	if err != nil {
		return err
	}
	if !o.content && o.out == "" {
		return d.Show(kit.Done(map[string]string{"kubeconfig": path}, "%s", path))
	}
	raw, err := os.ReadFile(path) //nolint:gosec // our own file
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	return writeContent(d.Out, o.out, raw)
}

// writeContent writes to the file, or to stdout if none is named.
func writeContent(stdout io.Writer, file string, raw []byte) error {
	if file == "" {
		_, err := stdout.Write(raw)
		return err
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return events.Errorf(events.KindInternal, "choose a file that can be written with --out", "write kubeconfig: %w", err)
	}
	return nil
}
