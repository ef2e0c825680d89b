package schedule

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

func newShow(d *kit.Deps) *cobra.Command {
	var f Files
	cmd := &cobra.Command{
		Use: "show -f PATH", Short: "Show what schedules mean: groups, chances, and who is not hit and why",
		Long: `Show what schedules mean: groups, chances, and who is not hit and why. Their calendars are
read, too.`,
		Example: `  shakedown schedule show -f specs`,
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return show(cmd.Context(), d, &f) },
	}
	f.pathFlag(cmd)
	return cmd
}

func show(ctx context.Context, d *kit.Deps, f *Files) error {
	f.Days = 366
	plans, err := f.Plans(ctx, d)
	if err != nil {
		return err
	}
	shown := make([]summary, 0, len(plans))
	for _, p := range plans {
		shown = append(shown, summarize(p))
	}
	return d.Show(kit.Result{Value: shown, Draw: func(w io.Writer) {
		for _, s := range shown {
			s.draw(w)
		}
	}})
}

// summary is what a schedule means.
type summary struct {
	Schedule string             `json:"schedule"`
	Hash     string             `json:"hash"`
	TimeZone string             `json:"timeZone"`
	Chance   float64            `json:"chance,omitempty"`
	Groups   []events.PlanGroup `json:"groups,omitempty"`
	Left     []events.PlanLeft  `json:"left,omitempty"`
	// Days are the working days of a year, and Starts what starts in it.
	Days   int               `json:"days"`
	Starts int               `json:"starts"`
	Next   *events.PlanStart `json:"next,omitempty"`
}

func summarize(p events.SchedulePlan) summary {
	s := summary{Schedule: p.Schedule, Hash: p.Hash, TimeZone: p.TimeZone, Chance: p.Chance, Groups: p.Groups, Left: p.Left}
	for _, d := range p.Days {
		if len(d.Open)+len(d.Starts) > 0 {
			s.Days++
		}
		if s.Next == nil && len(d.Starts) > 0 {
			s.Next = &d.Starts[0]
		}
		s.Starts += len(d.Starts)
	}
	return s
}

func (s summary) draw(w io.Writer) {
	fmt.Fprintf(w, "schedule %s in %s, hash %s\n", s.Schedule, s.TimeZone, s.Hash)
	if s.Chance > 0 {
		fmt.Fprintf(w, "  chance of each group on a working day: %.4f\n", s.Chance)
	}
	fmt.Fprintf(w, "  in a year: %d days, %d starts\n", s.Days, s.Starts)
	if s.Next != nil {
		fmt.Fprintf(w, "  first of them: %s %s %s\n", s.Next.At.Format("2006-01-02 15:04:05 MST"), what(*s.Next), s.Next.Member)
	}
	for _, g := range s.Groups {
		fmt.Fprintf(w, "  group %s: %s\n", g.Name, strings.Join(g.Members, ", "))
	}
	for _, l := range s.Left {
		fmt.Fprintf(w, "  not hit: %s %s\n", l.Member, l.Why)
	}
}
