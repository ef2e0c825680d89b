// Package apply has the commands that take all documents of a folder at once: apply makes
// the world match them, diff says what differs, delete removes what they are about.
//
// They share one plan, which is pure: documents and what there is of them lead to steps
// in the order of need. What there is, and what would be changed, the services say.
package apply

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

const order = `PATH is a file, a folder (its .yaml and .yml files, not deeper) or - for stdin. Documents
are taken in the order of need: Cluster before Environment before Schedule. An Environment
goes into the cluster of the server, and a Schedule needs a server that runs. Experiments, DataCopies and Policies are checked, and there is
nothing to do for them here: a server reads them from --specs.`

// NewApply is the command apply.
func NewApply(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "apply -f PATH", Short: "Make clusters, environments and schedules match their files",
		Long: `Make clusters, environments and schedules match their files. The plan is printed before
anything is done, and nothing is done when a document is invalid or cannot be applied. What is as its
document says is left alone; when an environment is, but is not ready, it is waited for.

` + order + `

It ends with exit code 4 when only a part could be done: the output lists what is done,
failed and was not tried.`,
		Example: `  shakedown apply -f examples/shop
  shakedown apply -f cluster.yaml -f environment.yaml -o json`,
		Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return apply(cmd.Context(), d, &o) },
	}
	o.flags(cmd, "envs", "datamove")
	o.waiting(cmd, "wait until each environment is ready", 10*time.Minute)
	return cmd
}

func apply(ctx context.Context, d *kit.Deps, o *options) error {
	if err := o.server.CheckWait("shakedown apply", o.wait); err != nil {
		return err
	}
	return o.with(d, func(t *target) error {
		plan, err := o.plan(ctx, t)
		if err != nil {
			return err
		}
		if err := plan.refusal(); err != nil {
			return finish(d, plan.notTried(), err)
		}
		plan.announce(d)
		plan, err = plan.carryOut(ctx, func(ctx context.Context, s Step) (Outcome, error) {
			return kindOf(s.document).apply(ctx, t, s.document)
		})
		return finish(d, plan, err)
	})
}
