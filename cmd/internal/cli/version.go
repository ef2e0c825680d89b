package cli

import (
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

func newVersion(d *kit.Deps) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return d.Show(versionView(kit.Build())) },
	}
}

func versionView(b kit.BuildInfo) kit.Result {
	r := kit.Done(nil, "shakedown %s (%s, %s)", b.Version, b.Go, b.Platform)
	r.Value = b
	return r
}

// newExitCodes is the help topic exit-codes.
func newExitCodes(d *kit.Deps) *cobra.Command {
	cmd := &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Args: cobra.NoArgs}
	cmd.SetHelpFunc(func(*cobra.Command, []string) {
		_ = d.Show(exitCodesView(kit.ExitCodes())) // help has nowhere to report an error
	})
	return cmd
}

func exitCodesView(codes []kit.ExitMeaning) kit.Result {
	return kit.Result{Value: codes, Draw: func(w io.Writer) {
		rows := make([][]string, 0, len(codes))
		for _, e := range codes {
			rows = append(rows, []string{strconv.Itoa(e.Code), e.Meaning})
		}
		kit.Table(w, "", "EXIT MEANING", rows)
	}}
}
