package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/report"
)

func newReportCmd(f *factory) *cobra.Command {
	return group("report", "Resilience reports of finished runs",
		newReportListCmd(f), newReportShowCmd(f), newReportExportCmd(f))
}

func addRunQuery(cmd *cobra.Command, query *events.RunsQuery) {
	cmd.Flags().StringVar(&query.Experiment, "experiment", "", "runs of this experiment only")
	cmd.Flags().StringVar(&query.Environment, "environment", "", "runs in this environment only")
	cmd.Flags().IntVar(&query.Limit, "limit", 0, "how many (default 100)")
}

func newReportListCmd(f *factory) *cobra.Command {
	var server serverFlags
	var query events.RunsQuery
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List reports, newest first, with their addresses", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.listRuns(cmd.Context(), &server, query, true) },
	}
	addRunQuery(cmd, &query)
	server.add(cmd.Flags())
	return cmd
}

func (f *factory) listRuns(ctx context.Context, server *serverFlags, query events.RunsQuery, finished bool) error {
	return f.withSession(ctx, server, func(s *session) error {
		answer, err := askServer(ctx, s, events.RunListCall, query)
		if err != nil {
			return err
		}
		runs := answer.Runs
		if finished {
			runs = nil
			for _, run := range answer.Runs {
				if run.Verdict != "" {
					runs = append(runs, run)
				}
			}
		}
		return f.show(runsResult(runs, finished))
	})
}

func runsResult(runs []events.RunSummary, addresses bool) result {
	return result{value: runs, draw: func(w io.Writer) {
		header := "RUN EXPERIMENT ENVIRONMENT VERDICT RECOVERY OUTAGE STARTED"
		if addresses {
			header += " REPORT"
		}
		rows := make([][]string, 0, len(runs))
		for _, run := range runs {
			row := []string{
				run.Run, run.Experiment, orDash(run.Environment), verdictText(run),
				durationText(run.Recovery), durationText(run.Outage), timeText(run.Started),
			}
			if addresses {
				row = append(row, orDash(run.Report))
			}
			rows = append(rows, row)
		}
		table(w, "no runs", header, rows)
	}}
}

func verdictText(run events.RunSummary) string {
	if run.Verdict == "" {
		return run.Phase + "..."
	}
	return run.Verdict
}

func durationText(d *events.Duration) string {
	if d == nil {
		return "-"
	}
	return d.Std().Round(10 * time.Millisecond).String()
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

func newReportShowCmd(f *factory) *cobra.Command {
	cmd := newRunShowCmd(f)
	cmd.Short = "Show a report on the terminal"
	return cmd
}

func newReportExportCmd(f *factory) *cobra.Command {
	var server serverFlags
	var format, out string
	cmd := &cobra.Command{
		Use: "export RUN|latest", Short: "Write a report as HTML, Markdown, JUnit XML or JSON",
		Example: `  shakedown report export latest --format html --out report.html
  shakedown report export latest --format junit > junit.xml`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: f.completeRuns(&server),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.withSession(cmd.Context(), &server, func(s *session) error {
				record, err := f.record(cmd.Context(), s, args[0])
				if err != nil {
					return err
				}
				return f.export(record, format, out)
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", "html", "html, markdown, junit or json")
	cmd.Flags().StringVar(&out, "out", "-", "`file` to write, or - for stdout")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions( // the flag is there
		[]string{"html", "markdown", "junit", "json"}, cobra.ShellCompDirectiveNoFileComp))
	server.add(cmd.Flags())
	return cmd
}

func (f *factory) export(record experiments.Record, format, out string) error {
	render := map[string]func(io.Writer, experiments.Record) error{
		"html": report.HTML, "markdown": report.Markdown, "junit": report.JUnit, "json": report.JSON,
	}[strings.ToLower(format)]
	if render == nil {
		return invalid("shakedown report export --help", "--format is %q, want html, markdown, junit or json", format)
	}
	var page bytes.Buffer
	if err := render(&page, record); err != nil {
		return fmt.Errorf("render report of run %s: %w", record.Run, err)
	}
	if out == "-" {
		_, err := page.WriteTo(f.Out)
		return err
	}
	if err := os.WriteFile(out, page.Bytes(), 0o644); err != nil { //nolint:gosec // a report is meant to be read
		return events.Errorf(events.KindInternal, "choose a file that can be written with --out", "write report: %w", err)
	}
	fmt.Fprintf(f.Err, "wrote %s\n", out)
	return nil
}

func (f *factory) completeRuns(server *serverFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names := []string{"latest"}
		_ = f.withSession(cmd.Context(), server, func(s *session) error { // completion has nowhere to tell
			answer, err := askServer(cmd.Context(), s, events.RunListCall, events.RunsQuery{})
			for _, run := range answer.Runs {
				names = append(names, run.Run)
			}
			return err
		})
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
