package chaos

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

func newFaults(d *kit.Deps) *cobra.Command {
	return &cobra.Command{
		Use: "faults", Short: "List the faults and the guards that watch over them", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return d.Show(faultsView(app.FaultKinds())) },
	}
}

func faultsView(c events.FaultKinds) kit.Result {
	return kit.Result{Value: c, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(c.Guards))
		for _, g := range c.Guards {
			rows = append(rows, []string{"every fault", g.Name, g.Question})
		}
		for _, k := range c.Kinds {
			fmt.Fprintf(w, "fault %s: %s; %s\n", k.Name, k.Summary, k.Revert)
			for _, g := range k.Guards {
				rows = append(rows, []string{k.Name, g.Name, g.Question})
			}
		}
		kit.Table(w, "", "FAULT GUARD QUESTION", rows)
	}}
}
