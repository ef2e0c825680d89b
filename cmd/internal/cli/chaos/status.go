package chaos

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/schedule"
	"github.com/shakedown-dev/shakedown/events"
)

func newStatus(d *kit.Deps) *cobra.Command {
	var server kit.Server
	cmd := &cobra.Command{
		Use: "status", Short: "Show in one screen what chaos does: the stop, open faults, today's plan and what is next", Args: cobra.NoArgs,
		Long: `Show in one screen what chaos does: the emergency stop, protected environments that are armed,
open faults, what schedules start today with what became of it, and when faults may start next.
Each day is that of the schedule's zone. A service that does not answer is named, and the
exit code is 4: what it knows is missing, which does not mean that there is nothing.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return d.WithSession(cmd.Context(), &server, func(s *kit.Session) error {
				found, err := readStatus(cmd.Context(), s)
				if err != nil {
					return err
				}
				return d.Show(statusView(found, d.Now()))
			})
		},
	}
	server.Flags(cmd.Flags())
	return cmd
}

// status is what chaos does now.
type status struct {
	Stop events.StopState     `json:"stop"`
	Arms []events.Arm         `json:"armed"`
	Open []events.LedgerEntry `json:"openFaults"`
	// Plans are those of today and of tomorrow.
	Plans []events.SchedulePlan `json:"plans"`
	// Problems say what is missing.
	Problems []string `json:"problems,omitempty"`
}

// readStatus asks both services. Without the plans there is a status still, since open
// faults matter more.
func readStatus(ctx context.Context, s *kit.Session) (found status, err error) {
	if found.Stop, err = kit.Ask(ctx, s, events.StopStateCall, events.Nothing{}); err != nil {
		return found, err
	}
	arms, err := kit.Ask(ctx, s, events.ArmListCall, events.Nothing{})
	if err != nil {
		return found, err
	}
	open, err := kit.Ask(ctx, s, events.LedgerListCall, events.LedgerQuery{Open: true})
	if err != nil {
		return found, err
	}
	found.Arms, found.Open = arms.Arms, open.Entries
	plans, err := kit.Ask(ctx, s, events.PlanListCall, events.PlanQuery{Days: 2})
	found.Plans = plans.Plans
	for _, text := range []string{found.Stop.Problem, open.Problem} {
		if text != "" && !slices.Contains(found.Problems, text) {
			found.Problems = append(found.Problems, text)
		}
	}
	if err != nil {
		found.Problems = append(found.Problems, "the plans of schedules are not known: "+err.Error())
	}
	return found, nil
}

func statusView(s status, now time.Time) kit.Result {
	return kit.Result{Value: s, Problem: strings.Join(s.Problems, "; "), Draw: func(w io.Writer) {
		stopView(s.Stop).Draw(w)
		for _, a := range s.Arms {
			fmt.Fprintf(w, "armed, though protected: %s until %s: %s\n", a.Environment, kit.Time(a.Until), a.Reason)
		}
		fmt.Fprintln(w)
		kit.Table(w, "no fault is open", ledgerColumns, ledgerRows(s.Open))
		if len(s.Plans) == 0 && len(s.Problems) == 0 {
			fmt.Fprintln(w, "\nno schedules")
		}
		for _, p := range s.Plans {
			fmt.Fprintln(w)
			drawPlan(w, p, now)
		}
	}}
}

// drawPlan draws the day of a schedule and when faults may start next.
func drawPlan(w io.Writer, p events.SchedulePlan, now time.Time) {
	fmt.Fprintf(w, "schedule %s in %s\n", p.Schedule, p.TimeZone)
	if p.Problem != "" {
		fmt.Fprintf(w, "  nothing starts: %s\n", p.Problem)
		return
	}
	for i, day := range p.Days {
		if i == 0 {
			drawDay(w, day)
		}
		for _, open := range day.Open {
			if open.To.After(now) {
				fmt.Fprintf(w, "  faults may start from %s to %s\n", open.From.Format(time.RFC3339), open.To.Format(time.RFC3339))
			}
		}
		if next := undecided(day, now); i > 0 && next != nil {
			fmt.Fprintf(w, "  tomorrow first: %s\n", schedule.Line(*next))
		}
	}
}

// undecided is the first start of the day that is still to come.
func undecided(day events.PlanDay, now time.Time) *events.PlanStart {
	for i, s := range day.Starts {
		if s.State == "" && s.At.After(now) {
			return &day.Starts[i]
		}
	}
	return nil
}
