package server

import (
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// NewUp is the command up.
func NewUp(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "up", Short: "Run the server: every service in one process, with an embedded NATS",
		Long: `Run the server: every service in one process, with an embedded NATS server whose
state is in the data directory. A table on stderr says which services run, and what
the others lack: experiments need a Prometheus, and all but data and clusters a
Kubernetes cluster. It listens on loopback unless another address is
given, and runs until it is interrupted. After a crash it repairs what was broken
and finishes what was begun.`,
		Example: `  shakedown up --kubeconfig ~/.kube/config --prometheus http://127.0.0.1:9090 --specs examples/shop`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), d, &o) },
	}
	o.flags(cmd.Flags())
	return cmd
}
