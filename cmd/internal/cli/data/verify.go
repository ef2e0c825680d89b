package data

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

func newVerify(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "verify", Short: "Compare both ends without copying. Changes nothing",
		Long: `Compare both ends row by row, key by key and object by object, and narrow down
what differs. Nothing is changed at either end; the report is kept as JSON and HTML.
The exit code is 0 when both sides are equal and 9 when they are not. What the
DataCopy masks is compared as it would be masked; --from and --to alone mask nothing.`,
		Example: `  shakedown data verify --from redis://10.0.0.5/0 --to redis://127.0.0.1/0`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return verify(cmd.Context(), d, &o) },
	}
	o.add(cmd.Flags(), false)
	return cmd
}

func verify(ctx context.Context, d *kit.Deps, o *options) error {
	document, copier, err := o.open(d)
	if err != nil {
		return err
	}
	p := newProgress(d)
	report, err := copier.Verify(ctx, document, p)
	p.lines.Done(err)
	return conclude(d, copier, report, err)
}
