package chaos

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/env"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/faultplan"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/schedule"
)

type planOptions struct {
	server kit.Server
	file   string
	place  faultplan.Place
	// schedules are shown in place of a file.
	schedules schedule.Files
}

func newPlan(d *kit.Deps) *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use: "plan [FILE]", Short: "Show what the faults of an experiment would hit now, or what schedules start day by day",
		Long: `With FILE, show what the faults of an experiment would do now: the exact victims, every
call that would change something, and what each guard decides. Nothing is changed and nothing
is written down. Exit code 5 says that a guard would refuse, 7 that nothing would be hit.

With -f, show day by day what schedules start, and why on other days nothing. The
plan follows from the files alone, as that of shakedown schedule next does. With neither it
is that of the server, with what became of its starts.`,
		Example: `  shakedown chaos plan examples/shop/experiments/kill-one-api.yaml --environment shop
  shakedown chaos plan kill.yaml --namespace shop --standalone
  shakedown chaos plan --days 30 -f specs`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch schedules := cmd.Flags().Changed("file"); {
			case len(args) == 1 && !schedules:
				o.file = args[0]
				return plan(cmd.Context(), d, &o)
			case len(args) == 0:
				return days(cmd.Context(), d, &o.schedules)
			}
			return kit.Usagef("shakedown chaos plan", "FILE with an Experiment and -f PATH of schedules exclude each other")
		},
	}
	flags := cmd.Flags()
	o.place.Flags(flags)
	o.server.Flags(flags)
	o.server.StandaloneFlags(flags, "envs", "chaos")
	o.schedules.Flags(cmd, 7)
	o.schedules.ServedBy(&o.server)
	kit.CompleteFlag(cmd, "environment", env.Complete(d, &o.server))
	return cmd
}

func plan(ctx context.Context, d *kit.Deps, o *planOptions) error {
	if err := o.place.Check("shakedown chaos plan"); err != nil {
		return err
	}
	file, err := kit.ReadOne[*app.ExperimentFile](d, o.file, "Experiment")
	if err != nil {
		return err
	}
	o.server.OnlyAnswers()
	return d.WithSession(ctx, &o.server, func(s *kit.Session) error { return faultplan.Show(ctx, d, s, file, o.place) })
}
