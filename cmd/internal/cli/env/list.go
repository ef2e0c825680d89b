package env

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

// maxProblem bounds why an environment is not ready, in a list; env show has all of it.
const maxProblem = 300

type listOptions struct{ server kit.Server }

func newList(d *kit.Deps) *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List environments", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return list(cmd.Context(), d, &o) },
	}
	o.server.Flags(cmd.Flags())
	return cmd
}

func list(ctx context.Context, d *kit.Deps, o *listOptions) error {
	return kit.Query(ctx, d, &o.server, events.EnvironmentListCall, events.Nothing{},
		func(a events.EnvironmentsAnswer) kit.Result { return listView(a.Environments, d.Now()) })
}

func listView(environments []events.Environment, now time.Time) kit.Result {
	return kit.Result{Value: environments, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(environments))
		for _, e := range environments {
			rows = append(rows, []string{
				e.Name, e.Phase, readyText(e), kit.OrDash(e.Template), kit.OrDash(e.Revision), kit.Age(e.Created, now), kit.OrDash(e.TTL),
			})
		}
		kit.Table(w, "no environments", "NAME PHASE READY TEMPLATE REVISION AGE TTL", rows)
		drawProblems(w, environments)
	}}
}

// drawProblems says in a line each why environments are not ready.
func drawProblems(w io.Writer, environments []events.Environment) {
	for _, e := range environments {
		if e.Problem != "" {
			fmt.Fprintf(w, "%s: %s\n", e.Name, kit.Shorten(strings.Join(strings.Fields(e.Problem), " "), maxProblem))
		}
	}
}

func readyText(e events.Environment) string {
	ready, wanted := 0, 0
	for _, c := range e.Components {
		ready, wanted = ready+c.Ready, wanted+c.Replicas
	}
	return fmt.Sprintf("%d/%d", ready, wanted)
}
