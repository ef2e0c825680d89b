// Package experiment has the commands on experiments and their runs.
package experiment

import (
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/runs"
)

// New is the command experiment with those below it.
func New(d *kit.Deps) *cobra.Command {
	return kit.Group("experiment", "Experiments: a hypothesis, a fault and a verdict",
		newRun(d), newValidate(d), runs.NewList(d, "List runs, newest first", runs.ListView),
		runs.NewShow(d, "Show a run: its phases, decisions, timeline and verdict"))
}
