// Package report has the commands on the reports of finished runs.
package report

import (
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/runs"
)

// New is the command report with those below it.
func New(d *kit.Deps) *cobra.Command {
	return kit.Group("report", "Resilience reports of finished runs",
		runs.NewList(d, "List reports, newest first, with their addresses", runs.ReportsView),
		runs.NewShow(d, "Show a report on the terminal"), newExport(d), newVerify(d))
}
