package cli

import (
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/apply"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/chaos"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/cluster"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/data"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/demo"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/dns"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/doctor"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/env"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/events"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/experiment"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/notify"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/report"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/schedule"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/schema"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/server"
)

const rootLong = `Shakedown builds environments on Kubernetes, breaks them on purpose and proves
from Prometheus and the Kubernetes API that they healed.

  shakedown demo       the whole voyage on this machine, with two commands
  shakedown doctor     what this machine can do, and what it lacks
  shakedown up         the server, with everything in one process

Every flag can be set by a variable (--data-dir by SHAKEDOWN_DATA_DIR) or in the
configuration file. Exit codes are explained by "shakedown help exit-codes".`

// newRoot lists every command there is.
func newRoot(d *kit.Deps) *cobra.Command {
	root := &cobra.Command{
		Use: "shakedown", Short: "Run Chaos Monkey and feel good about it", Long: rootLong,
		SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return d.Settle(cmd) },
	}
	d.GlobalFlags(root.PersistentFlags())
	root.SetOut(d.Out)
	root.SetErr(d.Err)
	root.SetIn(d.In)
	root.AddCommand(
		server.NewUp(d), server.NewServe(d), demo.New(d), doctor.New(d), newVersion(d), schema.New(d),
		apply.NewApply(d), apply.NewDiff(d), apply.NewDelete(d), cluster.New(d), env.New(d), chaos.New(d), experiment.New(d), schedule.New(d), notify.New(d), report.New(d), data.New(d), dns.New(d), events.New(d),
		newExitCodes(d),
	)
	kit.AsUsage(root)
	return root
}
