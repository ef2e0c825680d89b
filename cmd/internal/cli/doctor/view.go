package doctor

import (
	"fmt"
	"io"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// view shows checkups, and below them what to do about those that failed.
func view(list []checkup) kit.Result {
	return kit.Result{Value: list, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(list))
		for _, c := range list {
			rows = append(rows, []string{c.Area, c.Name, kit.YesNo(c.OK), c.Found})
		}
		kit.Table(w, "", "AREA CHECK OK FOUND", rows)
		for _, c := range list {
			if !c.OK && c.Hint != "" {
				fmt.Fprintf(w, "%s %s: %s\n", c.Area, c.Name, c.Hint)
			}
		}
	}}
}
