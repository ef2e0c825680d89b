package chaos

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

func newFaults(d *kit.Deps) *cobra.Command {
	return &cobra.Command{
		Use: "faults", Short: "List the faults and the guards that watch over them", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return d.Show(faultsView(newCatalogue())) },
	}
}

// catalogue is what there is to be injected, and what may refuse it.
type catalogue struct {
	Faults []chaos.Description `json:"faults"`
	Guards []guard             `json:"guards"`
}

type guard struct {
	Name     string `json:"name"`
	Question string `json:"question"`
}

func newCatalogue() catalogue {
	c := catalogue{Faults: []chaos.Description{chaos.PodKill{}.Describe()}}
	for _, g := range chaos.Guards() {
		c.Guards = append(c.Guards, guard{g.Name, g.Question})
	}
	return c
}

func faultsView(c catalogue) kit.Result {
	return kit.Result{Value: c, Draw: func(w io.Writer) {
		for _, f := range c.Faults {
			fmt.Fprintf(w, "fault %s: %s; %s\n", f.Name, f.Summary, f.Revert)
		}
		rows := make([][]string, 0, len(c.Guards))
		for _, g := range c.Guards {
			rows = append(rows, []string{g.Name, g.Question})
		}
		kit.Table(w, "", "GUARD QUESTION", rows)
	}}
}
