package demo

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/demo"
)

func view(r demo.Result, kubeconfig, data string) kit.Result {
	return kit.Result{Value: r, Draw: func(w io.Writer) {
		fmt.Fprintf(w, "\nenvironment %s: ready %s after the webhook's answer\n\n", r.Environment, r.ReadyAfter)
		rows := make([][]string, 0, len(r.Outcomes))
		for _, o := range r.Outcomes {
			rows = append(rows, []string{
				o.Experiment, o.Run.Verdict, expected(o), kit.Bounds(o.Run.RecoveryBounds, o.Run.Recovery),
				kit.Bounds(o.Run.OutageBounds, o.Run.Outage), kit.OrDash(o.Run.Report),
			})
		}
		kit.Table(w, "", "EXPERIMENT VERDICT EXPECTED RECOVERY OUTAGE REPORT", rows)
		for _, o := range r.Outcomes {
			fmt.Fprintf(w, "\n%s: %s\n", o.Experiment, o.Run.Reason)
			if o.Run.Advice != "" {
				fmt.Fprintf(w, "  advice: %s\n", o.Run.Advice)
			}
		}
		fmt.Fprintf(w, `
reports as files: %s
all reports:      %s
look around:      kubectl --kubeconfig %s get pods -A
                  shakedown env list; shakedown report show latest; shakedown events list
remove it all:    shakedown demo down
`, filepath.Join(data, "demo", "reports"), r.Server, kubeconfig)
	}}
}

func expected(o demo.Outcome) string {
	if o.Met {
		return "yes"
	}
	return "no, " + o.Verdict
}
