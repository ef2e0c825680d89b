package apply

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// NewDiff is the command diff.
func NewDiff(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "diff -f PATH", Short: "Show what apply would change; exit code 9 when something differs",
		Long: `Show what apply would change, without changing anything. It ends with exit code 9 when
something differs from its document, also when somebody has changed it by hand, and with
0 when nothing does. The API server itself says what would become of an object. Values
that may be secrets, such as those of variables, are not shown.

` + order,
		Example: `  shakedown diff -f examples/shop`,
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return diff(cmd.Context(), d, &o) },
	}
	o.flags(cmd, "envs")
	o.server.OnlyAnswers()
	return cmd
}

func diff(ctx context.Context, d *kit.Deps, o *options) error {
	return o.with(d, func(t *target) error {
		plan, err := o.plan(ctx, t)
		if err != nil {
			return err
		}
		if err := d.Show(plan.result()); err != nil {
			return err
		}
		if slices.ContainsFunc(plan, Step.differs) {
			return kit.Outcome{Code: kit.ExitDrift}
		}
		return nil
	})
}
