package server

import (
	"fmt"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

// showServices says on stderr which services run, and what the others lack.
func showServices(d *kit.Deps, states []events.ServiceState) {
	if d.Output == "json" {
		for _, s := range states {
			d.Log().Info("service", "name", s.Name, "runs", s.Runs, "lacks", s.Lacks, "hint", s.Advice)
		}
		return
	}
	rows := make([][]string, 0, len(states))
	for _, s := range states {
		rows = append(rows, []string{s.Name, kit.YesNo(s.Runs), kit.OrDash(s.Lacks)})
	}
	kit.Table(d.Err, "", "SERVICE RUNS LACKS", rows)
	for _, s := range states {
		if !s.Runs {
			fmt.Fprintf(d.Err, "%s: %s\n", s.Name, s.Advice)
		}
	}
}
