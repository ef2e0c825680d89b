package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// NewDelete is the command delete.
func NewDelete(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "delete -f PATH", Short: "Destroy the clusters and environments of files",
		Long: `Destroy the clusters and environments of files, environments first. The plan is printed
and has to be confirmed on a terminal before anything is deleted; elsewhere, give --yes.
What is not there is no error. An environment in which others have put something is
refused; see shakedown env destroy. A cluster that is only registered is forgotten.

PATH is a file, a folder (its .yaml and .yml files, not deeper) or - for stdin.

It ends with exit code 4 when only a part could be done: the output lists what is done,
failed and was not tried.`,
		Example: `  shakedown delete -f examples/shop --yes`,
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return remove(cmd.Context(), d, &o) },
	}
	o.flags(cmd, "envs")
	o.waiting(cmd, "wait until each environment is gone", 5*time.Minute)
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	return cmd
}

func remove(ctx context.Context, d *kit.Deps, o *options) error {
	if err := o.server.CheckWait("shakedown delete", o.wait); err != nil {
		return err
	}
	return o.with(d, func(t *target) error {
		documents, err := o.read(ctx, d)
		if err != nil {
			return err
		}
		now, err := survey(ctx, t, documents, func(k kind) ask { return k.present })
		if err != nil {
			return err
		}
		plan := newRemoval(documents, kinds(), now)
		plan.announce(d)
		if err := o.confirm(d, plan); err != nil {
			return finish(d, plan.notTried(), err)
		}
		plan, err = plan.carryOut(ctx, func(ctx context.Context, s Step) (Outcome, error) {
			return kindOf(s.document).remove(ctx, t, s.document)
		})
		return finish(d, plan, err)
	})
}

// confirm asks whether what is there may be deleted.
func (o *options) confirm(d *kit.Deps, p Plan) error {
	n := p.acting()
	if n == 0 || o.yes {
		return nil
	}
	if o.stdin() { // which is not the place for an answer
		d.InTTY = false
	}
	return d.Confirm(fmt.Sprintf("Delete what is listed above (%d)?", n))
}
