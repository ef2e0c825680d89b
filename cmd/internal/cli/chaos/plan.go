package chaos

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/schedule"
	"github.com/shakedown-dev/shakedown/events"
)

func newPlan(d *kit.Deps) *cobra.Command {
	var f schedule.Files
	cmd := &cobra.Command{
		Use: "plan -f PATH", Short: "Show day by day what schedules start, and why on other days nothing",
		Long: `Show day by day what schedules start, and why on other days nothing. The plan follows from
the files alone, as that of shakedown schedule next does.`,
		Example: `  shakedown chaos plan --days 30 -f specs`,
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return plan(cmd.Context(), d, &f) },
	}
	f.Flags(cmd, 7)
	return cmd
}

func plan(ctx context.Context, d *kit.Deps, f *schedule.Files) error {
	plans, err := f.Plans(ctx, d)
	if err != nil {
		return err
	}
	return d.Show(planView(plans))
}

func planView(plans []events.SchedulePlan) kit.Result {
	return kit.Result{Value: plans, Draw: func(w io.Writer) {
		for _, p := range plans {
			fmt.Fprintf(w, "schedule %s in %s\n", p.Schedule, p.TimeZone)
			for _, day := range p.Days {
				drawDay(w, day)
			}
		}
	}}
}

func drawDay(w io.Writer, day events.PlanDay) {
	switch {
	case len(day.Starts) == 0 && day.Why != "":
		fmt.Fprintf(w, "  %s nothing: %s\n", day.Date, day.Why)
	case len(day.Starts) == 0:
		fmt.Fprintf(w, "  %s nothing\n", day.Date)
	}
	for _, s := range day.Starts {
		fmt.Fprintf(w, "  %s %s\n", day.Date, schedule.Line(s))
	}
}
