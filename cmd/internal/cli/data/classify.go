package data

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mask"
)

func newClassify(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "classify", Short: "Propose masking rules from names and samples of the source. Changes nothing",
		Long: `Read the names and samples of what is in the source, and print masking rules for
what looks personal, ready to be put into a DataCopy. Samples are never shown.`,
		Example: `  shakedown data classify -f datacopy.yaml`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return classify(cmd.Context(), d, &o) },
	}
	o.add(cmd.Flags(), false)
	return cmd
}

func classify(ctx context.Context, d *kit.Deps, o *options) error {
	document, copier, err := o.open(d)
	if err != nil {
		return err
	}
	fields, err := copier.Fields(ctx, document)
	if err != nil {
		return err
	}
	return d.Show(rulesView(mask.Propose(fields), len(fields)))
}

// rulesView shows proposed rules as the part of a DataCopy that they belong to.
func rulesView(rules []datamove.Rule, fields int) kit.Result {
	value := map[string]any{"masking": map[string]any{"rules": rules}}
	return kit.Result{Value: value, Draw: func(w io.Writer) {
		fmt.Fprintf(w, "# %d of %d fields look personal; read every rule before you use it\n", len(rules), fields)
		_ = kit.WriteYAML(w, value) // plain data can be encoded; the exit of the pipe says that stdout is gone
	}}
}
