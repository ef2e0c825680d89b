package experiment

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

func newValidate(d *kit.Deps) *cobra.Command {
	var server kit.Server
	cmd := &cobra.Command{
		Use: "validate PATH...", Short: "Check spec files, their queries included; nothing is run",
		Long: `Check spec files, their queries included; nothing is run. When a server runs, it must know
the faults, too: it may be of another version.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return validate(cmd.Context(), d, &server, args) },
	}
	server.Flags(cmd.Flags())
	return cmd
}

// valid is a document without a problem.
type valid struct {
	Where string `json:"where"`
	Kind  string `json:"kind"`
}

func validate(ctx context.Context, d *kit.Deps, server *kit.Server, paths []string) error {
	documents, err := d.Specs().Read(paths...)
	if err != nil {
		return err
	}
	if err := d.CheckFaults(ctx, server, documents); err != nil {
		return err
	}
	list := make([]valid, 0, len(documents))
	for _, doc := range documents {
		list = append(list, valid{doc.Where, doc.Kind})
	}
	return d.Show(kit.Result{Value: list, Draw: func(w io.Writer) {
		for _, v := range list {
			fmt.Fprintf(w, "%s: %s is valid\n", v.Where, v.Kind)
		}
	}})
}
