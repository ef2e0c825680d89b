package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

func newFaults(d *kit.Deps) *cobra.Command {
	var server kit.Server
	cmd := &cobra.Command{
		Use: "faults", Short: "List the faults and the guards that watch over them",
		Long: "List the faults and the guards that watch over them: those of the server that runs, or\nof this program where none does.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kinds, err := d.FaultKinds(cmd.Context(), &server)
			if err != nil {
				return err
			}
			return d.Show(faultsView(catalogue{Faults: kinds.Kinds, Guards: kinds.Guards}))
		},
	}
	server.Flags(cmd.Flags())
	return cmd
}

// catalogue is what there is to be injected, and what may refuse it.
type catalogue struct {
	Faults []events.FaultKind `json:"faults"`
	// Guards are those of every fault; the others are with their fault.
	Guards []events.GuardInfo `json:"guards"`
}

func faultsView(c catalogue) kit.Result {
	return kit.Result{Value: c, Draw: func(w io.Writer) {
		rows := guardRows("every fault", c.Guards)
		for _, f := range c.Faults {
			fmt.Fprintf(w, "fault %s: %s; %s\n", f.Name, f.Summary, f.Revert)
			for _, line := range parameterLines(f) {
				fmt.Fprintln(w, "  "+line)
			}
			rows = append(rows, guardRows(f.Name, f.Guards)...)
		}
		kit.Table(w, "", "FAULT GUARD QUESTION", rows)
	}}
}

// parameterLines say what a step of a method may give beside the target.
func parameterLines(f events.FaultKind) (lines []string) {
	if f.Duration != events.DurationNone {
		lines = append(lines, "duration ("+f.Duration+")")
	}
	var schema struct {
		Properties map[string]struct {
			Description string `json:"description"`
		} `json:"properties"`
	}
	_ = json.Unmarshal(f.Params, &schema) // the suite of the kinds has read it
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		lines = append(lines, "params."+name+": "+schema.Properties[name].Description)
	}
	return lines
}

func guardRows(fault string, guards []events.GuardInfo) [][]string {
	rows := make([][]string, 0, len(guards))
	for _, g := range guards {
		rows = append(rows, []string{fault, g.Name, g.Question})
	}
	return rows
}
