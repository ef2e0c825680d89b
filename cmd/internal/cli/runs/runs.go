// Package runs has what the commands experiment and report share: the list of runs,
// the record of one, and the completion of their ids.
package runs

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/report"
)

// Record asks for the record of a run; "latest" is the newest.
func Record(ctx context.Context, s *kit.Session, run string) (record.Record, error) {
	answer, err := kit.Ask(ctx, s, events.RunShowCall, events.RunQuery{Run: run})
	if err != nil {
		return record.Record{}, err
	}
	return record.Parse(answer.Record)
}

// View shows a record.
func View(d *kit.Deps, r record.Record) kit.Result {
	return kit.Result{Value: r, Styled: true, Draw: func(w io.Writer) {
		fmt.Fprint(w, report.Text(r, 100, d.OutTTY && d.Env("NO_COLOR") == ""))
	}}
}

// Complete completes the ids of runs from the server.
func Complete(d *kit.Deps, server *kit.Server) cobra.CompletionFunc {
	return kit.Complete(d, server, events.RunListCall, events.RunsQuery{}, func(a events.RunsAnswer) []string {
		names := []string{"latest"}
		for _, run := range a.Runs {
			names = append(names, run.Run)
		}
		return names
	})
}

type showOptions struct {
	server kit.Server
	run    string
}

// NewShow is a command that shows a run.
func NewShow(d *kit.Deps, short string) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use: "show RUN|latest", Short: short, Args: cobra.ExactArgs(1),
		ValidArgsFunction: Complete(d, &o.server),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = args[0]
			return show(cmd.Context(), d, &o)
		},
	}
	o.server.Flags(cmd.Flags())
	o.server.ReadingFlag(cmd.Flags())
	return cmd
}

func show(ctx context.Context, d *kit.Deps, o *showOptions) error {
	return d.WithSession(ctx, &o.server, func(s *kit.Session) error {
		r, err := Record(ctx, s, o.run)
		if err != nil {
			return err
		}
		return d.Show(View(d, r))
	})
}
