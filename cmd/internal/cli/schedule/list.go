package schedule

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

func newList(d *kit.Deps) *cobra.Command {
	var server kit.Server
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List the schedules of the server", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return kit.Query(cmd.Context(), d, &server, events.ScheduleListCall, events.Nothing{}, listView)
		},
	}
	server.Flags(cmd.Flags())
	return cmd
}

func listView(a events.SchedulesAnswer) kit.Result {
	return kit.Result{Value: a.Schedules, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(a.Schedules))
		for _, s := range a.Schedules {
			rows = append(rows, []string{s.Name, s.Hash, kit.Time(s.Applied), kit.OrDash(s.By), kit.OrDash(s.Problem)})
		}
		kit.Table(w, "no schedules", "NAME HASH APPLIED BY PROBLEM", rows)
	}}
}
