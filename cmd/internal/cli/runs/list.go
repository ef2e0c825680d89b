package runs

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

type listOptions struct {
	server kit.Server
	query  events.RunsQuery
	view   func([]events.RunSummary) kit.Result
}

// NewList is a command that lists runs, newest first, as the view shows them.
func NewList(d *kit.Deps, short string, view func([]events.RunSummary) kit.Result) *cobra.Command {
	o := listOptions{view: view}
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return list(cmd.Context(), d, &o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.query.Experiment, "experiment", "", "runs of this experiment only")
	flags.StringVar(&o.query.Environment, "environment", "", "runs in this environment only")
	flags.IntVar(&o.query.Limit, "limit", 0, "how many (default 100)")
	o.server.Flags(flags)
	o.server.ReadingFlag(flags)
	return cmd
}

func list(ctx context.Context, d *kit.Deps, o *listOptions) error {
	return kit.Query(ctx, d, &o.server, events.RunListCall, o.query,
		func(a events.RunsAnswer) kit.Result {
			r := o.view(a.Runs)
			r.Problem = a.Problem
			return r
		})
}

// ListView shows runs.
func ListView(all []events.RunSummary) kit.Result {
	return kit.Result{Value: all, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(all))
		for _, run := range all {
			rows = append(rows, columns(run))
		}
		kit.Table(w, "no runs", header, rows)
	}}
}

// ReportsView shows the runs that have a verdict, with the addresses of their reports.
func ReportsView(all []events.RunSummary) kit.Result {
	var finished []events.RunSummary
	for _, run := range all {
		if run.Verdict != "" {
			finished = append(finished, run)
		}
	}
	return kit.Result{Value: finished, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(finished))
		for _, run := range finished {
			rows = append(rows, append(columns(run), kit.OrDash(run.Report)))
		}
		kit.Table(w, "no runs", header+" REPORT", rows)
	}}
}

const header = "RUN EXPERIMENT ENVIRONMENT VERDICT RECOVERY OUTAGE STARTED"

func columns(run events.RunSummary) []string {
	verdict := run.Verdict
	if verdict == "" {
		verdict = run.Phase + "..."
	}
	return []string{
		run.Run, run.Experiment, kit.OrDash(run.Environment), verdict,
		kit.Bounds(run.RecoveryBounds, run.Recovery), kit.Bounds(run.OutageBounds, run.Outage), kit.Time(run.Started),
	}
}
