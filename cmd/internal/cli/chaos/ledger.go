package chaos

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

type ledgerOptions struct {
	server kit.Server
	open   bool
}

func newLedger(d *kit.Deps) *cobra.Command {
	var o ledgerOptions
	cmd := &cobra.Command{
		Use: "ledger", Short: "List the undo ledger: every fault that was asked for, and whether it is closed", Args: cobra.NoArgs,
		Long: `List the undo ledger: every fault that was asked for, and whether it is closed.
Of a fault with many victims only the first 20 are named (-o json); victimCount says
how many there are. The record of its run has them all.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return ledger(cmd.Context(), d, &o) },
	}
	cmd.Flags().BoolVar(&o.open, "open", false, "open entries only")
	o.server.Flags(cmd.Flags())
	return cmd
}

func ledger(ctx context.Context, d *kit.Deps, o *ledgerOptions) error {
	return kit.Query(ctx, d, &o.server, events.LedgerListCall, events.LedgerQuery{Open: o.open}, ledgerView)
}

// ledgerColumns are those of ledgerRows.
const ledgerColumns = "FAULT KIND NAMESPACE STATE VICTIMS OPENED NOTE"

func ledgerView(a events.LedgerAnswer) kit.Result {
	return kit.Result{Value: a.Entries, Problem: a.Problem, Draw: func(w io.Writer) {
		kit.Table(w, "the ledger is empty", ledgerColumns, ledgerRows(a.Entries))
	}}
}

func ledgerRows(entries []events.LedgerEntry) [][]string {
	rows := make([][]string, 0, len(entries))
	for _, e := range entries {
		rows = append(rows, []string{
			e.Fault, e.Kind, e.Namespace, e.State, fmt.Sprint(max(e.VictimCount, len(e.Victims))), kit.Time(e.Opened), kit.OrDash(e.Note),
		})
	}
	return rows
}
