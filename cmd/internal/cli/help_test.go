package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/internal/golden"
)

// TestHelpIsGolden shows every command's help in one file, so that a change of
// the command line is visible in review.
func TestHelpIsGolden(t *testing.T) {
	var out bytes.Buffer
	world := System()
	world.Out, world.Err, world.Env = &out, &out, func(string) string { return "" }
	walk(newRoot(&kit.Deps{World: world}), func(cmd *cobra.Command) {
		out.WriteString("### " + cmd.CommandPath() + "\n\n")
		if err := cmd.Help(); err != nil {
			t.Errorf("%s: %v", cmd.CommandPath(), err)
		}
		out.WriteString("\n")
	})
	golden.Equal(t, "help.golden", out.Bytes())
}

// TestEveryCommandIsDescribed keeps the help useful.
func TestEveryCommandIsDescribed(t *testing.T) {
	walk(newRoot(&kit.Deps{World: System()}), func(cmd *cobra.Command) {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: the short help is %q", cmd.CommandPath(), cmd.Short)
		}
	})
}

func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, child := range cmd.Commands() {
		walk(child, visit)
	}
}
