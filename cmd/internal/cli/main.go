package cli

import (
	"context"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// System is the real world: the process's streams, environment and clock.
func System() kit.World { return kit.System() }

// Main runs one command line and returns the exit code of the process.
func Main(ctx context.Context, args []string, world kit.World) int {
	d := &kit.Deps{World: world}
	root := newRoot(d) //nolint:contextcheck // commands take the context of their execution
	root.SetArgs(args)
	err := kit.Interruption(ctx, root.ExecuteContext(ctx), "")
	if err != nil {
		kit.PrintError(world.Err, err, d.Output == "json")
	}
	return kit.ExitCode(ctx, err)
}
