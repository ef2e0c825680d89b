package chaos

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/schedule"
	"github.com/shakedown-dev/shakedown/events"
)

func newVeto(d *kit.Deps) *cobra.Command {
	var server kit.Server
	var reason string
	cmd := &cobra.Command{
		Use: "veto ID --reason TEXT", Short: "Take one start out of the plan of its schedule",
		Long: `Take one start out of the plan of its schedule. Its id is in shakedown chaos plan. What has
started is not stopped by it: see shakedown chaos stop.`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason == "" {
				return kit.Usagef("shakedown chaos veto", "a veto needs --reason")
			}
			veto := events.StartVeto{ID: args[0], Reason: reason, By: d.User}
			return kit.Query(cmd.Context(), d, &server, events.StartVetoCall, veto, vetoView)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for those who read it later")
	server.Flags(cmd.Flags())
	return cmd
}

func vetoView(s events.PlanStart) kit.Result {
	return kit.Result{Value: s, Draw: func(w io.Writer) {
		fmt.Fprintf(w, "vetoed by %s: %s\n  %s %s\n", kit.OrDash(s.By), s.Reason, s.At.Format("2006-01-02"), schedule.Line(s))
	}}
}

func newExplain(d *kit.Deps) *cobra.Command {
	var server kit.Server
	var query events.ExplainQuery
	cmd := &cobra.Command{
		Use: "explain TARGET", Short: "Say why a component is hit, or not, on a day",
		Long:    `Say why a component is hit, or not, on a day, as each schedule has planned it.`,
		Example: `  shakedown chaos explain staging/api --date 2027-06-01`,
		Args:    cobra.ExactArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			query.Target = args[0]
			return kit.Query(cmd.Context(), d, &server, events.TargetExplainCall, query, explainView)
		},
	}
	cmd.Flags().StringVar(&query.Date, "date", "", "`day` such as 2027-03-28 (default: today in the schedule's zone)")
	server.Flags(cmd.Flags())
	return cmd
}

func explainView(a events.ExplainAnswer) kit.Result {
	return kit.Result{Value: a, Draw: func(w io.Writer) {
		for _, x := range a.Explanations {
			fmt.Fprintf(w, "%s, schedule %s: %s\n", x.Date, x.Schedule, x.Reason)
		}
	}}
}
