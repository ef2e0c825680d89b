package experiment

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
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

// valid is a document without a problem, and what somebody may not expect of it.
type valid struct {
	Where string   `json:"where"`
	Kind  string   `json:"kind"`
	Notes []string `json:"notes,omitempty"`
}

// notable is a document that is valid and may not be what is meant.
type notable interface{ Notes() []string }

func validate(ctx context.Context, d *kit.Deps, server *kit.Server, paths []string) error {
	documents, err := d.Specs().Read(paths...)
	if err != nil {
		return err
	}
	kinds, err := d.FaultKinds(ctx, server)
	if err != nil {
		return err
	}
	if problems := unknownFaults(documents, kinds.Kinds); len(problems) > 0 {
		return problems
	}
	list := make([]valid, 0, len(documents))
	for _, doc := range documents {
		one := valid{Where: doc.Where, Kind: doc.Kind}
		if n, ok := doc.Value.(notable); ok {
			one.Notes = n.Notes()
		}
		list = append(list, one)
	}
	return d.Show(kit.Result{Value: list, Draw: func(w io.Writer) { drawValid(w, list) }})
}

func drawValid(w io.Writer, list []valid) {
	for _, v := range list {
		fmt.Fprintf(w, "%s: %s is valid\n", v.Where, v.Kind)
		for _, note := range v.Notes {
			fmt.Fprintf(w, "%s: note: %s\n", v.Where, note)
		}
	}
}

// unknownFaults are the faults of the documents that the server does not have.
func unknownFaults(documents []spec.Document, kinds []events.FaultKind) (problems events.Problems) {
	known := make([]string, 0, len(kinds))
	for _, k := range kinds {
		known = append(known, k.Name)
	}
	for _, doc := range documents {
		file, ok := doc.Value.(*app.ExperimentFile)
		if !ok {
			continue
		}
		for i, step := range file.Spec.Method {
			if !slices.Contains(known, step.Fault) {
				problems.Add(fmt.Sprintf("%s: spec.method[%d].fault", doc.Where, i),
					"the server that runs does not know %q; it has %s", step.Fault, strings.Join(known, ", "))
			}
		}
	}
	return problems
}
