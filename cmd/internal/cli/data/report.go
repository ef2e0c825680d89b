package data

import (
	"fmt"
	"io"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/report"
)

// reportView shows the equality report and where it is kept.
func reportView(r datamove.Report, files datamove.ReportFiles) kit.Result {
	value := struct {
		datamove.Report
		Files datamove.ReportFiles `json:"files,omitzero"`
	}{r, files}
	return kit.Result{Value: value, Draw: func(w io.Writer) {
		_ = report.Text(w, r) // the exit of the pipe says that stdout is gone
		if files.HTML != "" {
			fmt.Fprintf(w, "report: %s\n", files.HTML)
		}
	}}
}
