package schedule

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/chaos/monkey/calendar"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

func newNext(d *kit.Deps) *cobra.Command {
	var f Files
	var server kit.Server
	cmd := &cobra.Command{
		Use: "next [-f PATH]", Short: "Show what schedules start next, also as a calendar to subscribe to",
		Long: `Show what schedules start next, also as a calendar to subscribe to. The plan follows from
the files alone: whoever has them gets the same one, on every machine. A monkey draws from
the components of the Environments in the files that have opted in and for which an
Experiment there states a hypothesis; cron starts Experiments of the files.

Without -f the server answers for the schedules that were applied; what was vetoed or has
started is left out.

Nothing is shown when a calendar of a schedule cannot be read: nothing would be started.`,
		Example: `  shakedown schedule next -f specs --days 30
  shakedown schedule next -f specs -o ical > chaos.ics`,
		Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return next(cmd.Context(), d, &f) },
	}
	f.Flags(cmd, 14)
	server.Flags(cmd.Flags())
	f.ServedBy(&server)
	d.OwnFormats(cmd, "format of the result: table, json, yaml or ical", "table", "json", "yaml", "ical")
	return cmd
}

func next(ctx context.Context, d *kit.Deps, f *Files) error {
	plans, err := f.Plans(ctx, d)
	if err != nil {
		return err
	}
	now := d.Now()
	all := starts(plans)
	if f.From == "" {
		for len(all) > 0 && all[0].At.Before(now) {
			all = all[1:]
		}
	}
	all = slices.DeleteFunc(all, func(s events.PlanStart) bool { return s.State != "" })
	if d.Output == "ical" {
		return writeCalendar(d.Out, all, now)
	}
	return d.Show(nextView(all))
}

func nextView(all []events.PlanStart) kit.Result {
	return kit.Result{Value: all, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(all))
		for _, s := range all {
			rows = append(rows, []string{s.At.Format(time.RFC3339), s.Schedule, what(s), kit.OrDash(s.Member), s.ID, kit.OrDash(s.Note)})
		}
		kit.Table(w, "nothing starts in this time", "AT SCHEDULE WHAT MEMBER ID NOTE", rows)
	}}
}

// what is the fault, or what cron starts.
func what(s events.PlanStart) string {
	if s.Fault != "" {
		return s.Fault
	}
	return strings.Join(s.Experiments, ",")
}

// long is how much of a calendar a start takes: nobody knows how long its run will.
const long = 15 * time.Minute

func writeCalendar(w io.Writer, all []events.PlanStart, now time.Time) error {
	entries := make([]calendar.Entry, 0, len(all))
	for _, s := range all {
		entries = append(entries, calendar.Entry{
			UID: s.ID + "@shakedown.dev", At: s.At, Long: long,
			Summary:     strings.TrimSpace(what(s) + " " + s.Member),
			Description: fmt.Sprintf("schedule %s, run %s", s.Schedule, s.ID),
		})
	}
	raw, err := calendar.Write("shakedown", entries, now)
	if err != nil {
		return err
	}
	_, err = w.Write(raw)
	return err
}

// Line is a start in one line, without its day.
func Line(s events.PlanStart) string {
	text := s.At.Format("15:04:05 MST ") + what(s)
	if s.Member != "" {
		text += " " + s.Member
	}
	if s.Note != "" {
		text += " (" + s.Note + ")"
	}
	text += " [" + s.ID + "]"
	if s.State == "" {
		return text
	}
	text += ": " + s.State
	for _, run := range slices.Sorted(maps.Keys(s.Verdicts)) {
		text += ", " + s.Verdicts[run]
	}
	if s.Reason != "" {
		text += ", " + s.Reason
	}
	return text
}
