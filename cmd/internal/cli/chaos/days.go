package chaos

import (
	"context"
	"fmt"
	"io"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/schedule"
	"github.com/shakedown-dev/shakedown/events"
)

// days shows what schedules start, day by day.
func days(ctx context.Context, d *kit.Deps, f *schedule.Files) error {
	plans, err := f.Plans(ctx, d)
	if err != nil {
		return err
	}
	return d.Show(daysView(plans))
}

func daysView(plans []events.SchedulePlan) kit.Result {
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
