package dns

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

func newPlan(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "plan -f PATH", Short: "Show what sync would change. Changes nothing; exit code 9 when something differs",
		Long: `Compare the records of Hostnames files with those of the zones, and show what sync
would create, update and delete, and what it would refuse and why. Nothing is
changed. The exit code is 9 when anything differs, and 0 when nothing does.

` + account,
		Example: `  shakedown dns plan -f examples/dns/hostnames.yaml`,
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return plan(cmd.Context(), d, &o) },
	}
	o.flags(cmd)
	return cmd
}

func plan(ctx context.Context, d *kit.Deps, o *options) error {
	_, p, err := o.plan(ctx, d, d.Progress())
	if err != nil {
		return err
	}
	if err := d.Show(planView(p)); err != nil {
		return err
	}
	if !p.Empty() {
		return kit.Outcome{Code: kit.ExitDrift}
	}
	return nil
}
