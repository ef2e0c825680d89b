package data

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/datamove"
)

func newPlan(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "plan", Short: "Show what a copy would do: rights, sizes, traps, time. Changes nothing",
		Long: `Inspect both ends of a copy and show what would be copied, how and how long it
takes, what stands in the way and what to know. Nothing is changed. The exit code
is 5 when the copy would be refused.`,
		Example: `  shakedown data plan -f datacopy.yaml
  shakedown data plan --from mysql://reader@db.stage/shop --from-credentials env:STAGE_PASSWORD --to mysql://root@127.0.0.1/shop`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return plan(cmd.Context(), d, &o) },
	}
	o.add(cmd.Flags(), true)
	return cmd
}

func plan(ctx context.Context, d *kit.Deps, o *options) error {
	document, copier, err := o.open(d)
	if err != nil {
		return err
	}
	plans, err := copier.Plan(ctx, document)
	if err != nil {
		return err
	}
	if err := d.Show(planView(plans)); err != nil {
		return err
	}
	if datamove.Stopped(plans) {
		return kit.Outcome{Code: kit.ExitRefused}
	}
	return nil
}

// planView shows what would be copied and what stands in the way.
func planView(plans []datamove.Plan) kit.Result {
	return kit.Result{Value: plans, Draw: func(w io.Writer) {
		for i, p := range plans {
			if i > 0 {
				fmt.Fprintln(w)
			}
			drawPlan(w, p)
		}
	}}
}

func drawPlan(w io.Writer, p datamove.Plan) {
	fmt.Fprintf(w, "%s: %s, about %s\n", p.Store, kit.OrDash(p.Method), p.Estimate.Round(time.Second))
	ends := [][]string{serverRow("from", p.From), serverRow("to", p.To)}
	kit.Table(w, "", "END URL PRODUCT VERSION FINGERPRINT CONNECTIONS ITEMS SIZE", ends)
	fmt.Fprintln(w)
	rows := make([][]string, 0, len(p.Units))
	for _, u := range p.Units {
		rows = append(rows, unitRow(u))
	}
	kit.Table(w, "nothing to copy", "UNIT ITEMS SIZE HOW", rows)
	for _, l := range p.LeftOut {
		fmt.Fprintf(w, "left out: %s: %s\n", l.What, l.Why)
	}
	for _, f := range p.Findings {
		fmt.Fprintf(w, "%s: %s: %s\n", f.Severity, f.Check, f.Message)
		if f.Hint != "" {
			fmt.Fprintf(w, "  hint: %s\n", f.Hint)
		}
	}
}

func unitRow(u datamove.PlanUnit) []string {
	items := strconv.FormatInt(u.Items, 10)
	if !u.Exact {
		items = "~" + items
	}
	return []string{u.Name, items, kit.Size(u.Bytes), kit.OrDash(u.How)}
}

func serverRow(end string, s datamove.Server) []string {
	connections := "unknown"
	if s.Connections >= 0 {
		connections = strconv.Itoa(s.Connections)
	}
	return []string{
		end, s.URL, kit.OrDash(s.Product), kit.OrDash(s.Version), kit.OrDash(s.Fingerprint), connections,
		strconv.FormatInt(s.Items, 10), kit.Size(s.Bytes),
	}
}
