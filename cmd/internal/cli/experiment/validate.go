package experiment

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

func newValidate(d *kit.Deps) *cobra.Command {
	return &cobra.Command{
		Use: "validate PATH...", Short: "Check spec files, their queries included; nothing is run", Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return validate(d, args) },
	}
}

// valid is a document without a problem.
type valid struct {
	Where string `json:"where"`
	Kind  string `json:"kind"`
}

func validate(d *kit.Deps, paths []string) error {
	documents, err := d.Specs().Read(paths...)
	if err != nil {
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
